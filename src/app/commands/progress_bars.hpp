// One bar per photo and a total: redrawn in place on a terminal, a line per change of stage
// elsewhere.
#pragma once

#include <string>
#include <vector>

namespace zoetrope::app {

class ProgressBars {
  public:
    explicit ProgressBars(const std::vector<std::string>& names);
    void set(std::size_t row, double progress, const std::string& stage);
    void draw(double total);
    void end();  // leaves the last picture and the cursor below it

  private:
    struct Row {
        std::string name;
        double progress = 0;
        std::string stage;
        std::string told;  // the stage last printed, when not on a terminal
    };
    void draw_row(const std::string& name, double progress, const std::string& stage) const;

    std::vector<Row> rows_;
    bool terminal_;
    bool drawn_ = false;
};

}  // namespace zoetrope::app
