// SPDX-License-Identifier: MIT
// GET /api/logs
#include "api/asked.hpp"
#include "api/routes.hpp"
#include "api/shape.hpp"

#include <logkit/base/json_text.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace serve {
namespace {

constexpr std::size_t most_records = 100'000;
constexpr std::chrono::seconds patience{5};

// A page: of what is asked, in which order, and where it goes on.
[[nodiscard]] question page_of(request const& asked, std::int64_t now) {
    question q = question_of(asked, now);
    if (const auto order = asked.parameter("order")) {
        if (*order != "asc" && *order != "desc") throw bad_question{"bad_order", "order: is asc or desc"};
        q.is_ascending = *order == "asc";
    }
    constexpr std::uint64_t usual = 100;
    q.limit = std::min<std::uint64_t>(number_of(asked, "limit", usual), most_records);
    if (const auto cursor = asked.parameter("cursor"); cursor && !cursor->empty()) q.behind = place_of(*cursor);
    return q;
}

// Pages of an answer, as lines or as one object. A page at a time is in memory.
class log_answer {
  public:
    log_answer(log_store& store, question q, bool is_raw, bool is_lines)
        : store_(store), asked_(std::move(q)), left_(asked_.limit), is_raw_(is_raw), is_lines_(is_lines) {}

    [[nodiscard]] bool next_piece(std::string& into) {
        if (!is_lines_ && std::exchange(is_first_, false)) into += R"({"records":[)";
        constexpr std::size_t page_size = 2'000;
        asked_.limit = std::min(left_, page_size);
        asked_.deadline = std::chrono::steady_clock::now() + patience;
        page got = store_.find(asked_);
        // Rather no end of the answer than one that looks whole.
        if (asked_.is_given_up && asked_.is_given_up()) throw std::runtime_error("nobody waits for this answer");
        for (found_record const& r : got.records) {
            if (!is_lines_ && std::exchange(has_records_, true)) into += ",\n";
            into += is_raw_ ? r.line : shaped(r);
            if (is_lines_) into += '\n';
        }
        left_ -= std::min(left_, got.records.size());
        asked_.behind = got.next;
        const bool is_partial = got.is_partial && !is_lines_;  // lines have no place to say so, and go on
        if (got.next.has_value() && left_ != 0 && !is_partial) return true;
        if (!is_lines_) {
            into +=
                R"(],"next":)" + (got.next.has_value() ? logkit::detail::json_string(cursor_of(*got.next)) : "null");
            if (is_partial) into += R"(,"partial":true)";
            into += "}\n";
        }
        return false;
    }

  private:
    log_store& store_;
    question asked_;
    std::size_t left_;
    bool is_raw_, is_lines_, is_first_ = true, has_records_ = false;
};

void answer_logs(api_context& context, request& asked, reply const& answer) {
    try {
        const bool is_lines = asked.header("accept").find("application/x-ndjson") != std::string_view::npos;
        const bool is_raw = asked.parameter("raw") == "1";
        const auto pages =
            std::make_shared<log_answer>(context.store, page_of(asked, context.now_ns()), is_raw, is_lines);
        response made;
        if (is_lines) made.content_type = "application/x-ndjson";
        made.more = [pages](std::string& into) { return pages->next_piece(into); };
        answer(std::move(made));
    } catch (bad_question const& bad) {
        answer(answer_to(bad));
    }
}

}  // namespace

void add_log_routes(api_context& context, std::vector<route>& to) {
    const std::string_view in = "query";
    to.push_back({"GET", "/api/logs", need::read, false,
                  "Records, the newest first; with Accept: application/x-ndjson as lines, without pages",
                  question_parameters({{"limit", in, "of records; 100"},
                                       {"cursor", in, "the `next` of the page before"},
                                       {"order", in, "desc or asc"},
                                       {"raw", in, "1: lines as they are stored"}}),
                  R"(200 {"records":[…],"next":"…"|null,"partial":true?})",
                  [&context](request& asked, reply const& answer) { answer_logs(context, asked, answer); }});
}

}  // namespace serve
