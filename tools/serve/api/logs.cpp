// SPDX-License-Identifier: MIT
// GET /api/logs
#include "api/asked.hpp"
#include "api/routes.hpp"
#include "api/shape.hpp"
#include "store/completed_line.hpp"

#include <logkit/base/json_text.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace serve {
namespace {

constexpr std::size_t most_records = 100'000;
constexpr std::chrono::seconds patience{5};

// As answers show it; as it is stored; as questions see it (line_completer).
enum class line_form : std::uint8_t { shaped, stored, completed };

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
    log_answer(log_store& store, question q, line_form form, bool is_lines)
        : store_(store), asked_(std::move(q)), left_(asked_.limit), form_(form), is_lines_(is_lines) {}

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
            add(into, r);
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
    void add(std::string& to, found_record const& r) {
        if (form_ == line_form::stored) {
            to += r.line;
        } else if (form_ == line_form::shaped) {
            to += shaped(r);
        } else {
            padded_.assign(r.line).append(logkit::detail::line_padding, ' ');
            to += completer_.complete({padded_.data(), r.line.size()}, r.service, true, r.arrival_ns);
        }
    }

    log_store& store_;
    question asked_;
    line_completer completer_;
    std::string padded_;
    std::size_t left_;
    line_form form_;
    bool is_lines_, is_first_ = true, has_records_ = false;
};

void answer_logs(api_context& context, request& asked, reply const& answer) {
    const bool is_lines = asked.header("accept").find("application/x-ndjson") != std::string_view::npos;
    const auto raw = asked.parameter("raw");
    const line_form form = raw == "1"          ? line_form::stored
                           : raw == "complete" ? line_form::completed
                                               : line_form::shaped;
    const auto pages = std::make_shared<log_answer>(context.store, page_of(asked, context.now_ns()), form, is_lines);
    response made;
    if (is_lines) made.content_type = "application/x-ndjson";
    made.more = [pages](std::string& into) { return pages->next_piece(into); };
    answer(std::move(made));
}

}  // namespace

void add_log_routes(api_context& context, std::vector<route>& to) {
    const std::string_view in = "query";
    to.push_back(
        {"GET", "/api/logs", need::read, false,
         "Records, the newest first; with Accept: application/x-ndjson as lines, without pages",
         question_parameters(
             {{"limit", in, "of records; 100"},
              {"cursor", in, "the `next` of the page before"},
              {"order", in, "desc or asc"},
              {"raw", in, "1: lines as they are stored; complete: with the service and the time that they lack"}}),
         R"(200 {"records":[…],"next":"…"|null,"partial":true?})",
         [&context](request& asked, reply const& answer) { answer_logs(context, asked, answer); }});
}

}  // namespace serve
