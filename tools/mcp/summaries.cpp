// SPDX-License-Identifier: MIT
// The tools that tell of many records at once.
#include "insight/answers.hpp"
#include "insight/asked_time.hpp"
#include "insight/digest.hpp"
#include "mcp/bounded.hpp"
#include "mcp/page.hpp"
#include "mcp/tools.hpp"

#include <algorithm>

namespace mcp {
namespace {

using insight::scan_report;

// A page of the document's list; 0: as many as there is room for.
[[nodiscard]] std::string page_of_list(question const& asked, json document, std::string const& list,
                                       std::size_t most) {
    const json items = std::move(document[list]);
    document.erase(list);
    return page_of(asked, document, list, items.size(), most, [&](std::size_t i) -> json const& { return items[i]; });
}

}  // namespace

std::string answer_digest(question& asked) {
    asked.make_plain();  // it is read twice
    scan_report scanned;
    return make_digest(asked.records(), asked.max_tokens(), scanned).text;
}

std::string answer_errors(question& asked) {
    scan_report scanned;
    const insight::failure_groups failures = gather_failures(asked.records(), scanned);
    return page_of_list(asked, errors_answer(failures, scanned, 0), "groups", asked.given().number("most", 10));
}

std::string answer_stats(question& asked) {
    scan_report scanned;
    const std::string by = asked.given().text("by");
    const auto counted = gather_all(asked.records(), scanned, insight::statistics{by == "span" ? "" : by, {}, {}});
    return page_of_list(asked, stats_answer(counted, scanned, 0), "groups", asked.given().number("most", 20));
}

std::string answer_count(question& asked) {
    insight::tally_question question{asked.given().texts("by"), asked.given().texts("of"), 0};
    if (const std::string every = asked.given().text("every"); !every.empty())
        question.every_ns = insight::every_of("every", every);
    scan_report scanned;
    const auto counted = gather_all(asked.records(), scanned, insight::tally(question));
    const std::size_t most = asked.given().number("most", 20);
    const bool is_over_time = question.every_ns != 0;
    return page_of_list(asked, count_answer(counted, question, scanned, is_over_time ? most : 0),
                        is_over_time ? "steps" : "groups", is_over_time ? 0 : most);
}

std::string answer_fields(question& asked) {
    scan_report scanned;
    const auto found = gather_all<insight::key_survey>(asked.records(), scanned);
    return page_of_list(asked, fields_answer(found, scanned, asked.given().number("most", 5)), "fields", 0);
}

std::string answer_diff(question& asked) {
    const auto since = asked.moment("since");
    if (!since) throw insight::question_error("diff: since when? `since` is the beginning of the time to look at");
    const std::int64_t until = asked.moment("until").value_or(asked.now_ns());
    const std::int64_t before_until = asked.moment("baseline_until").value_or(*since - 1);
    const std::int64_t before_since = asked.moment("baseline_since").value_or(before_until - (until - *since));
    if (until < *since || before_until < before_since)
        throw insight::question_error("diff: a time that ends before it begins");
    asked.make_plain();  // it is read twice
    const insight::survey before = survey_of(asked.with(asked.wanted_in(before_since, before_until)));
    const insight::survey after = survey_of(asked.with(asked.wanted_in(since, until)));
    return bounded_document(diff_answer(before, after, difference_of(before, after)), asked.max_tokens());
}

}  // namespace mcp
