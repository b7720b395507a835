// How the database says that it runs a statement.
#pragma once

#include "tests/conformance/databases.hpp"

namespace zoetrope::test {

class PlansOnBoth : public OnBoth {
  protected:
    // All its lines, as one text.
    std::string plan_of(const db::Sql& statement, std::vector<db::Value> params) {
        std::string text = on_postgres() ? "EXPLAIN " : "EXPLAIN QUERY PLAN ";
        text += on_postgres() && !statement.postgres.empty() ? statement.postgres : statement.text;
        const db::Rows rows = wait(ask(std::move(text), std::move(params)));
        std::string out;
        for (std::size_t row = 0; row < rows.size(); ++row)
            if (const auto* line = std::get_if<std::string>(&rows.at(row, rows.columns.size() - 1)))
                out += *line + "\n";
        return out;
    }

  private:
    Async<db::Rows> ask(std::string text, std::vector<db::Value> params) {
        const auto transaction = co_await db_->begin();  // on SQLite a plan is no SELECT
        texts_.push_back(std::make_unique<std::string>(std::move(text)));
        texts_.push_back(std::make_unique<std::string>("plan" + std::to_string(texts_.size())));
        const db::Sql sql{*texts_.back(), *(texts_.end() - 2)->get()};
        co_return co_await transaction->run(sql, std::move(params));
    }

    std::vector<std::unique_ptr<std::string>> texts_;  // live as long as the connection
};

}  // namespace zoetrope::test
