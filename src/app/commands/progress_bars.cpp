#include "app/commands/progress_bars.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace zoetrope::app {

namespace {

constexpr int bar_cells = 24;
constexpr int name_cells = 24;

}  // namespace

ProgressBars::ProgressBars(const std::vector<std::string>& names)
    : terminal_(isatty(STDERR_FILENO) == 1) {
    for (const std::string& name : names)
        rows_.push_back({.name = std::filesystem::path(name).filename().string()});
}

void ProgressBars::set(std::size_t row, double progress, const std::string& stage) {
    rows_[row].progress = std::max(rows_[row].progress, progress);
    rows_[row].stage = stage;
}

void ProgressBars::draw_row(const std::string& name, double progress, const std::string& stage)
    const {
    const int full = int(std::clamp(progress, 0.0, 1.0) * bar_cells);
    std::string bar;
    for (int i = 0; i < bar_cells; ++i) bar += i < full ? "━" : "╌";
    std::fprintf(
        stderr,
        "\r\x1b[K%-*.*s %s %3d %%  %s\n",
        name_cells,
        name_cells,
        name.c_str(),
        bar.c_str(),
        int(progress * 100),
        stage.c_str()
    );
}

void ProgressBars::draw(double total) {
    if (terminal_) {
        const bool several = rows_.size() > 1;
        if (drawn_) std::fprintf(stderr, "\x1b[%zuA", rows_.size() + several);
        for (const Row& row : rows_) draw_row(row.name, row.progress, row.stage);
        if (several) draw_row("total", total, "");
        drawn_ = true;
        return;
    }
    for (Row& row : rows_) {
        if (row.stage == row.told) continue;
        row.told = row.stage;
        std::fprintf(
            stderr,
            "%s: %s (%d %%, total %d %%)\n",
            row.name.c_str(),
            row.stage.c_str(),
            int(row.progress * 100),
            int(total * 100)
        );
    }
}

void ProgressBars::end() { std::fflush(stderr); }

}  // namespace zoetrope::app
