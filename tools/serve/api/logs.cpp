// SPDX-License-Identifier: MIT
// GET /api/logs
#include "api/numbers.hpp"
#include "api/routes.hpp"
#include "api/shape.hpp"
#include "store/record_time.hpp"

#include <logkit/base/json_text.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

namespace serve {
namespace {

constexpr std::size_t most_records = 100'000;
constexpr std::chrono::seconds patience{5};

// A question that cannot be understood: the code and what is wrong.
struct bad_question {
    const char* code;
    std::string why;
};

// A moment as it was meant: a + that was not escaped arrives as a blank.
[[nodiscard]] std::int64_t moment_of(std::string text, std::int64_t now, const char* name) {
    if (text.size() > 6 && text[text.size() - 6] == ' ' && text[text.size() - 3] == ':') text[text.size() - 6] = '+';
    if (text.size() > 6 && whole_number<std::int64_t>(text).has_value())  // an epoch, by its size
        if (const auto time = logkit::parse_time(logkit::json_view(text))) return *time;
    if (const auto time = logkit::parse_moment(text, now)) return *time;
    if (const auto time = clamped_time(text)) return *time;
    throw bad_question{"bad_time", std::string(name) + ": \"" + text +
                                       "\" is no time; such as 2026-01-01T12:00:00Z, 2026-01-01, an age like 2h, or "
                                       "seconds since 1970"};
}

[[nodiscard]] place_in_time place_of(std::string_view cursor) {
    const std::size_t dash = std::min(cursor.rfind('-'), cursor.size());
    const auto time = whole_number<std::int64_t>(cursor.substr(0, dash));
    const auto number = whole_number<std::uint64_t>(cursor.substr(std::min(dash + 1, cursor.size())));
    if (!time.has_value() || !number.has_value())
        throw bad_question{"bad_cursor", "cursor: is the `next` of an answer"};
    return {*time, *number};
}
[[nodiscard]] std::string cursor_of(place_in_time const& at) {
    return std::to_string(at.time_ns) + '-' + std::to_string(at.number);
}

[[nodiscard]] question question_of(request const& asked, std::int64_t now) {
    question q;
    if (const auto text = asked.parameter("query")) {
        try {
            q.wanted.require(*text);
        } catch (logkit::query_error const& error) {
            throw bad_question{"bad_query", "query: " + std::string(error.what())};
        }
    }
    constexpr std::int64_t minute_ns = 60'000'000'000;
    q.until_ns = now + minute_ns;
    if (const auto text = asked.parameter("since"); text && !text->empty()) q.since_ns = moment_of(*text, now, "since");
    if (const auto text = asked.parameter("until"); text && !text->empty()) q.until_ns = moment_of(*text, now, "until");
    if (q.since_ns > q.until_ns) throw bad_question{"bad_time", "since: is after until"};
    q.is_given_up = asked.is_gone;
    q.service = asked.who.service;
    if (const auto service = asked.parameter("service")) {
        if (q.service.has_value() && *q.service != *service)
            throw bad_question{"out_of_scope", "service: is not that of the key"};
        q.service = service;
    }
    if (const auto order = asked.parameter("order")) {
        if (*order != "asc" && *order != "desc") throw bad_question{"bad_order", "order: is asc or desc"};
        q.is_ascending = *order == "asc";
    }
    if (const auto limit = asked.parameter("limit")) {
        std::uint64_t n = 0;
        const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), n);
        const bool is_huge = error == std::errc::result_out_of_range;
        if (end != limit->data() + limit->size() || limit->empty() || (!is_huge && n == 0))
            throw bad_question{"bad_limit", "limit: is a positive number"};
        q.limit = is_huge ? most_records : std::min<std::size_t>(n, most_records);
    }
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
            std::make_shared<log_answer>(context.store, question_of(asked, context.now_ns()), is_raw, is_lines);
        response made;
        if (is_lines) made.content_type = "application/x-ndjson";
        made.more = [pages](std::string& into) { return pages->next_piece(into); };
        answer(std::move(made));
    } catch (bad_question const& bad) {
        answer(error_response(std::string_view(bad.code) == "out_of_scope" ? 403 : 400, bad.code, bad.why));
    }
}

}  // namespace

void add_log_routes(api_context& context, std::vector<route>& to) {
    const std::string_view in = "query";
    to.push_back({"GET",
                  "/api/logs",
                  need::read,
                  false,
                  "Records, the newest first; with Accept: application/x-ndjson as lines, without pages",
                  {{"query", in, "filter words, as the command has them"},
                   {"service", in, "only its records"},
                   {"since", in, "the first moment: RFC 3339 (without a zone: UTC), an age such as 2h, or an epoch"},
                   {"until", in, "the last moment; without it, a minute from now"},
                   {"limit", in, "of records; 100"},
                   {"cursor", in, "the `next` of the page before"},
                   {"order", in, "desc or asc"},
                   {"raw", in, "1: lines as they are stored"}},
                  R"(200 {"records":[…],"next":"…"|null,"partial":true?})",
                  [&context](request& asked, reply const& answer) { answer_logs(context, asked, answer); }});
}

}  // namespace serve
