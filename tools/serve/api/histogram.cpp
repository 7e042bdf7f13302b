// SPDX-License-Identifier: MIT
// GET /api/histogram: records over time. Where only levels and services are asked for, the store's own counts tell, and
// records are read for the minutes at both ends only.
#include "api/parts.hpp"
#include "insight/answers.hpp"
#include "insight/asked_time.hpp"
#include "insight/tally.hpp"
#include "store/moment.hpp"

#include <logkit/base/json_text.hpp>
#include <logkit/base/level.hpp>
#include <logkit/base/text_parts.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace serve {
namespace {

constexpr std::int64_t minute_ns = 60'000'000'000, hour_ns = 60 * minute_ns, day_ns = 24 * hour_ns;

// About a hundred steps of a length that people use; where it is not known how long, hours.
[[nodiscard]] std::int64_t usual_step(question const& about) {
    if (about.since_ns == std::numeric_limits<std::int64_t>::min()) return hour_ns;
    constexpr std::array<std::int64_t, 9> steps{minute_ns,    5 * minute_ns, 15 * minute_ns, hour_ns,    3 * hour_ns,
                                                12 * hour_ns, day_ns,        7 * day_ns,     28 * day_ns};
    constexpr std::int64_t most = 120;
    const std::int64_t whole = (about.until_ns / most - about.since_ns / most);
    return *std::find_if(steps.begin(), steps.end() - 1, [&](std::int64_t step) { return step >= whole; });
}

struct histogram_question {
    insight::tally_question of;
    std::size_t most = 0;
    bool has_filter = false;
};

[[nodiscard]] bool can_be_counted(histogram_question const& asked) {
    return !asked.has_filter && asked.of.every_ns % minute_ns == 0 &&
           std::all_of(asked.of.by.begin(), asked.of.by.end(),
                       [](std::string const& key) { return key == "level" || key == "service"; });
}

// All whole minutes by their counts; false: that cannot be.
[[nodiscard]] bool count_minutes(log_store const& store, histogram_question const& asked, question const& about,
                                 std::int64_t since_minute, std::int64_t until_minute, insight::tally& into) {
    return store.count_minutes(since_minute, until_minute, [&](minute_count const& one) {
        if (about.service.has_value() && *about.service != one.service) return;
        std::vector<std::string> values;
        for (std::string const& key : asked.of.by)
            values.push_back(logkit::detail::json_string(
                key == "service" ? one.service
                                 : std::string(logkit::detail::level_names[static_cast<std::size_t>(one.severity)])));
        into.add(one.minute * minute_ns, values, one.records);
    });
}

[[nodiscard]] insight::tally read_records(api_context& context, histogram_question const& asked, question about,
                                          logkit::scan_report& scanned) {
    about.wanted.require_time(about.since_ns, about.until_ns);
    return gather_all(records_of(context, about), scanned, insight::tally(asked.of));
}

// Of a time that is longer than some minutes; empty: the counts do not tell.
[[nodiscard]] std::optional<insight::tally> counted(api_context& context, histogram_question const& asked,
                                                    question const& about, logkit::scan_report& scanned) {
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t first_minute = least / minute_ns + 1;
    const std::int64_t until_minute = about.until_ns == std::numeric_limits<std::int64_t>::max()
                                          ? minute_of(about.until_ns)
                                          : minute_of(about.until_ns + 1);
    const std::int64_t since_minute = about.since_ns == least ? first_minute : minute_of(about.since_ns - 1) + 1;
    insight::tally all(asked.of);
    if (since_minute >= until_minute || !count_minutes(context.store, asked, about, since_minute, until_minute, all))
        return std::nullopt;
    question edge = about;
    if (edge.since_ns = until_minute * minute_ns; edge.since_ns <= about.until_ns)
        all.merge(read_records(context, asked, edge, scanned));
    edge = about;
    if (edge.until_ns = since_minute * minute_ns - 1; about.since_ns != least && edge.until_ns >= about.since_ns)
        all.merge(read_records(context, asked, edge, scanned));
    return all;
}

void answer_histogram(api_context& context, request& asked, reply const& answer) {
    histogram_question wanted;
    const std::string by = asked.parameter("by").value_or("level");
    for (std::string_view rest = by; !rest.empty();) wanted.of.by.emplace_back(logkit::detail::take_until(rest, ','));
    constexpr std::uint64_t usual = 20, most = 1'000;
    wanted.most = static_cast<std::size_t>(std::min(number_of(asked, "limit", usual), most));
    wanted.has_filter = !asked.parameter("query").value_or("").empty();
    const question about = question_of(asked, context.now_ns());
    wanted.of.every_ns = usual_step(about);
    if (const auto every = asked.parameter("every")) {
        try {
            wanted.of.every_ns = insight::every_of("every", *every);
        } catch (insight::question_error const& error) {
            throw bad_question{"bad_every", error.what()};
        }
    }
    const summary read = [wanted](insight::source const& from, question const&, logkit::scan_report& scanned) {
        return count_answer(gather_all(from, scanned, insight::tally(wanted.of)), wanted.of, scanned, wanted.most);
    };
    if (!can_be_counted(wanted) || asked.parameter("cursor").has_value())
        return answer_in_parts(context, asked, answer, 0, read);
    answer_later(answer, [&context, wanted, about, read] {
        logkit::scan_report scanned;
        const std::optional<insight::tally> all = counted(context, wanted, about, scanned);
        return all.has_value() ? json_response(count_answer(*all, wanted.of, scanned, wanted.most))
                               : part_of_answer(context, about, read);
    });
}

}  // namespace

void add_histogram_routes(api_context& context, std::vector<route>& to) {
    const std::string_view in = "query";
    to.push_back(
        {"GET", "/api/histogram", need::read, false, "Records over time, by level or the values of other keys",
         question_parameters({{"by", in, "keys, with commas between them; level"},
                              {"every", in, "the length of a step, as 5m or 1d; about a hundredth of the time"},
                              {"limit", in, "of groups; 20"},
                              {"cursor", in, "the `next` of a partial answer"}}),
         "200 as `logkit schema count` has it",
         [&context](request& asked, reply const& answer) { answer_histogram(context, asked, answer); }});
}

}  // namespace serve
