// SPDX-License-Identifier: MIT
#include "api/asked.hpp"

#include "api/numbers.hpp"
#include "store/record_time.hpp"

#include <algorithm>
#include <limits>

namespace serve {

response answer_to(bad_question const& bad) {
    const std::string_view code = bad.code;
    return error_response(code == "out_of_scope" ? 403 : 400, code, bad.why);
}

// A + that was not escaped arrives as a blank.
std::int64_t moment_of(std::string text, std::int64_t now_ns, const char* name) {
    if (text.size() > 6 && text[text.size() - 6] == ' ' && text[text.size() - 3] == ':') text[text.size() - 6] = '+';
    if (text.size() > 6 && whole_number<std::int64_t>(text).has_value())  // an epoch, by its size
        if (const auto time = logkit::parse_time(logkit::json_view(text))) return *time;
    if (const auto time = logkit::parse_moment(text, now_ns)) return *time;
    if (const auto time = clamped_time(text)) return *time;
    throw bad_question{"bad_time", std::string(name) + ": \"" + text +
                                       "\" is no time; such as 2026-01-01T12:00:00Z, 2026-01-01, an age like 2h, or "
                                       "seconds since 1970"};
}

std::uint64_t number_of(request const& asked, const char* name, std::uint64_t otherwise) {
    const auto text = asked.parameter(name);
    if (!text.has_value()) return otherwise;
    const bool is_number = !text->empty() && text->find_first_not_of("0123456789") == text->npos;
    if (!is_number || text->find_first_not_of('0') == text->npos)
        throw bad_question{"bad_limit", std::string(name) + ": \"" + *text + "\" is no positive number"};
    return whole_number<std::uint64_t>(*text).value_or(std::numeric_limits<std::uint64_t>::max());
}

place_in_time place_of(std::string_view cursor) {
    const std::size_t dash = std::min(cursor.rfind('-'), cursor.size());
    const auto time = whole_number<std::int64_t>(cursor.substr(0, dash));
    const auto number = whole_number<std::uint64_t>(cursor.substr(std::min(dash + 1, cursor.size())));
    if (!time.has_value() || !number.has_value())
        throw bad_question{"bad_cursor", "cursor: is the `next` of an answer"};
    return {*time, *number};
}
std::string cursor_of(place_in_time const& at) {
    return std::to_string(at.time_ns) + '-' + std::to_string(at.number);
}

question question_of(request const& asked, std::int64_t now_ns) {
    question q;
    if (const auto text = asked.parameter("query")) {
        try {
            q.wanted.require(*text);
        } catch (logkit::query_error const& error) {
            throw bad_question{"bad_query", "query: " + std::string(error.what())};
        }
    }
    constexpr std::int64_t minute_ns = 60'000'000'000;
    q.until_ns = now_ns + minute_ns;
    if (const auto text = asked.parameter("since"); text && !text->empty())
        q.since_ns = moment_of(*text, now_ns, "since");
    if (const auto text = asked.parameter("until"); text && !text->empty())
        q.until_ns = moment_of(*text, now_ns, "until");
    if (q.since_ns > q.until_ns) throw bad_question{"bad_time", "since: is after until"};
    q.is_given_up = asked.is_gone;
    q.service = asked.who.service;
    if (const auto wanted = asked.parameter("service")) {
        if (q.service.has_value() && *q.service != *wanted)
            throw bad_question{"out_of_scope", "service: is not that of the key"};
        q.service = wanted;
    }
    return q;
}

std::vector<route_parameter> question_parameters(std::vector<route_parameter> more) {
    const std::string_view in = "query";
    std::vector<route_parameter> all{
        {"query", in, "filter words, as the command has them"},
        {"service", in, "only its records"},
        {"since", in, "the first moment: RFC 3339 (without a zone: UTC), an age such as 2h, or an epoch"},
        {"until", in, "the last moment; without it, a minute from now"}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace serve
