// SPDX-License-Identifier: MIT
// GET /api/traces/ID, /api/errors, /api/stats, /api/digest and /api/services: what the commands of these names tell.
#include "api/parts.hpp"
#include "insight/answers.hpp"
#include "insight/digest.hpp"
#include "insight/services.hpp"
#include "insight/story.hpp"

#include <algorithm>

namespace serve {
namespace {

constexpr std::string_view in_query = "query";
constexpr route_parameter cursor_parameter{"cursor", in_query, "the `next` of a partial answer"};

[[nodiscard]] std::size_t most_of(request const& asked, std::size_t usual) {
    constexpr std::uint64_t most = 100'000;
    return static_cast<std::size_t>(std::min(number_of(asked, "limit", usual), most));
}

void answer_trace(api_context& context, request& asked, reply const& answer) {
    const std::string id = asked.captured.front();
    const summary tell = [id](insight::source const& from, question const&,
                              logkit::scan_report& scanned) -> insight::json {
        std::vector<insight::trace_record> records = gather_trace(from, id, scanned);
        if (records.empty()) return nullptr;
        std::string whole_id;
        insight::with_entry(records.front().line,
                            [&](logkit::entry const& e) { whole_id = std::string(e.trace_id()); });
        return to_json(insight::story(std::move(records)), whole_id);
    };
    answer_in_parts(context, asked, answer, 0, tell, id);
}

void answer_errors(api_context& context, request& asked, reply const& answer) {
    constexpr std::size_t usual = 1'000;
    const std::size_t most = most_of(asked, usual);
    answer_in_parts(context, asked, answer, 0,
                    [most](insight::source const& from, question const&, logkit::scan_report& scanned) {
                        return errors_answer(gather_failures(from, scanned), scanned, most);
                    });
}

void answer_stats(api_context& context, request& asked, reply const& answer) {
    constexpr std::size_t usual = 20;
    const std::size_t most = most_of(asked, usual);
    std::string by = asked.parameter("by").value_or("");
    if (by == "span") by.clear();
    answer_in_parts(context, asked, answer, 0,
                    [most, by](insight::source const& from, question const&, logkit::scan_report& scanned) {
                        return stats_answer(gather_all(from, scanned, insight::statistics{by, {}, {}}), scanned, most);
                    });
}

void answer_digest(api_context& context, request& asked, reply const& answer) {
    constexpr std::uint64_t usual = 2'000, most = 100'000;
    const auto tokens = static_cast<std::size_t>(std::min(number_of(asked, "max_tokens", usual), most));
    answer_in_parts(context, asked, answer, 0,
                    [tokens](insight::source const& from, question const&, logkit::scan_report& scanned) {
                        return digest_answer(make_digest(from, tokens, scanned), tokens);
                    });
}

void answer_services(api_context& context, request& asked, reply const& answer) {
    constexpr std::int64_t hour_ns = 3'600'000'000'000;
    answer_in_parts(
        context, asked, answer, hour_ns,
        [now = context.now_ns()](insight::source const& from, question const& about, logkit::scan_report& scanned) {
            const auto seen = gather_all(from, scanned, insight::service_survey{});
            const double from_ns = static_cast<double>(about.since_ns),
                         to_ns = static_cast<double>(std::min(about.until_ns, now));
            return seen.answer((to_ns - from_ns) / 1e9);
        });
}

}  // namespace

void add_summary_routes(api_context& context, std::vector<route>& to) {
    const auto add = [&](std::string_view path, std::string_view about, std::vector<route_parameter> parameters,
                         std::string_view answer, auto handle) {
        parameters.push_back(cursor_parameter);
        to.push_back({"GET", path, need::read, false, about, question_parameters(std::move(parameters)), answer,
                      [&context, handle](request& asked, reply const& said) { handle(context, asked, said); }});
    };
    add("/api/traces/{id}", "One trace, its spans as a tree", {{"id", "path", "its id, or how it begins"}},
        "200 as `logkit schema trace` has it", answer_trace);
    add("/api/errors", "What failed: each kind once", {{"limit", in_query, "of kinds; 1,000"}},
        "200 as `logkit schema errors` has it", answer_errors);
    add("/api/stats", "Counts, rates and durations",
        {{"by", in_query, "the key whose values make the groups; by default spans by name"},
         {"limit", in_query, "of groups; 20"}},
        "200 as `logkit schema stats` has it", answer_stats);
    add("/api/digest", "What happened, within a budget of tokens", {{"max_tokens", in_query, "2,000"}},
        "200 as `logkit schema digest` has it", answer_digest);
    add("/api/services", "The services, without `since` those of the last hour", {},
        R"(200 {"services":[{"service","environment","last_seen","rate","error_rate","p95_ms"}]})", answer_services);
}

}  // namespace serve
