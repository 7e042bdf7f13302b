// SPDX-License-Identifier: MIT
// The tools that tell records themselves.
#include "insight/by_time.hpp"
#include "insight/record_forms.hpp"
#include "insight/story.hpp"
#include "insight/text.hpp"
#include "mcp/bounded.hpp"
#include "mcp/page.hpp"
#include "mcp/tools.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

namespace mcp {
namespace {

using insight::key_choice;
using insight::scan_report;

[[nodiscard]] key_choice keys_of(question const& asked) {
    return {asked.given().texts("fields"), {}};
}
[[nodiscard]] json record_of(std::string const& line, key_choice const& keys) {
    if (keys.is_open()) return insight::parse_record(line);
    json record;
    insight::with_entry(line, [&](logkit::entry const& e) { record = insight::parse_limited(json_of(e, keys)); });
    return record;
}

// The lines that are wanted, of all logs in one order, by time: see(line, time).
template <class See>
scan_report each_line(question& asked, See&& see) {
    struct found {
        std::string line;
        std::optional<std::int64_t> unix_ns;
    };
    const insight::source from = asked.records();
    return insight::gather_by_time<found>(
        asked.take_logs(), from.wanted, from.options(),
        [](std::size_t, unsigned, logkit::entry const& e) {
            return found{std::string(e.line()), e.unix_ns()};
        },
        [&](std::size_t, found&& one) {
            see(std::move(one.line), one.unix_ns);
            return true;
        },
        [] {});
}

[[nodiscard]] std::string answer_around(question& asked, std::int64_t time, std::size_t most) {
    const key_choice keys = keys_of(asked);
    std::deque<std::string> before, behind;
    const std::size_t most_before = (most + 1) / 2, most_behind = most / 2;
    std::uint64_t matched = 0;
    const scan_report scanned = each_line(asked, [&](std::string&& line, std::optional<std::int64_t> unix_ns) {
        ++matched;
        if (unix_ns && *unix_ns > time) {
            if (behind.size() < most_behind) behind.push_back(std::move(line));
            return;
        }
        before.push_back(std::move(line));
        if (before.size() > most_before) before.pop_front();
    });
    bounded_list page({{"matched", matched}, {"unreadable", scanned.counts.unreadable}}, "records",
                      asked.page_tokens());
    // The nearest first, on both sides in turn.
    for (std::size_t i = 0; i < most_before; ++i) {
        if (i < before.size() && !page.add(record_of(before[before.size() - 1 - i], keys), true)) break;
        if (i < behind.size() && !page.add(record_of(behind[i], keys))) break;
    }
    return page.text(std::nullopt, before.size() + behind.size() - page.size());
}

// One record of a trace: when, in which span, what.
[[nodiscard]] json told_record(insight::trace_record const& record, insight::story const& told,
                               key_choice const& keys) {
    json out{{"at_ms", std::round(static_cast<double>(record.unix_ns - told.start_ns()) / 1e3) / 1e3}};
    insight::with_entry(record.line, [&](logkit::entry const& e) {
        if (keys.only.empty()) out["level"] = logkit::to_string(e.level());
        out.update(insight::parse_limited(json_of(e, keys)));
    });
    return out;
}

void add_spans(json& to, insight::story const& told, std::size_t index, std::size_t depth) {
    constexpr std::size_t most_spans = 200, deepest = 50;
    if (to.size() >= most_spans || depth >= deepest) return;
    insight::span_node const& span = told.spans()[index];
    to.push_back({{"depth", depth},
                  {"span", span.name},
                  {"at_ms", static_cast<double>((span.start_ns - told.start_ns()) / 1'000) / 1e3},
                  {"dur_ms", span.dur_ms},
                  {"self_ms", span.self_ms},
                  {"status", span.end ? span.status : "open"}});
    for (const std::size_t child : span.children) add_spans(to, told, child, depth + 1);
}

}  // namespace

std::string answer_search(question& asked) {
    const std::size_t most = std::min<std::size_t>(asked.given().number("last", 20), 10'000);
    if (const auto time = asked.moment("around")) return answer_around(asked, *time, most);
    const key_choice keys = keys_of(asked);
    std::deque<std::string> lines;  // the last ones, those of the pages before among them
    std::uint64_t matched = 0;
    const scan_report scanned = each_line(asked, [&](std::string&& line, std::optional<std::int64_t>) {
        ++matched;
        lines.push_back(std::move(line));
        if (lines.size() > asked.skip() + most) lines.pop_front();
    });
    bounded_list page({{"matched", matched}, {"unreadable", scanned.counts.unreadable}}, "records",
                      asked.page_tokens());
    const std::size_t left = lines.size() - std::min(asked.skip(), lines.size());
    for (std::size_t i = 0; i < std::min(left, most); ++i)
        if (!page.add(record_of(lines[left - 1 - i], keys), true)) break;
    const bool is_all = asked.skip() + page.size() >= matched;
    return page.text(is_all ? std::nullopt : std::optional(asked.cursor_behind(page.size())));
}

std::string answer_trace(question& asked) {
    std::string id = asked.given().text("id");
    const bool wants_last = asked.given().flag("last_error"), wants_slowest = asked.given().flag("slowest");
    if ((id.empty() ? 0 : 1) + (wants_last ? 1 : 0) + (wants_slowest ? 1 : 0) != 1)
        throw argument_error("trace: exactly one of id, last_error, slowest");
    asked.make_plain();  // it is read twice
    if (wants_last) id = last_failed_trace(asked.records());
    if (wants_slowest) id = slowest_trace(asked.records());
    if (id.empty())
        return insight::document_text(
            {{"records_total", 0}, {"note", wants_last ? "nothing failed" : "no span has ended"}});
    scan_report scanned;
    std::vector<insight::trace_record> records = gather_trace(asked.records(), id, scanned);
    if (records.empty())
        return insight::document_text({{"records_total", 0}, {"note", "no record of trace " + insight::cut(id, 64)}});
    std::string whole_id;
    insight::with_entry(records.front().line, [&](logkit::entry const& e) { whole_id = std::string(e.trace_id()); });
    const insight::story told(std::move(records));
    const insight::field_list common = common_fields(told.records());
    json head{{"trace_id", whole_id},
              {"start", told.has_times() ? insight::timestamp_of(told.start_ns()) : ""},
              {"dur_ms", told.dur_ms()},
              {"failed", told.has_failed()},
              {"records_total", told.records().size()}};
    for (auto const& [key, value] : common) head["common"][key] = insight::parse_record(value);
    head["spans_total"] = told.spans().size();
    head["spans"] = json::array();
    for (const std::size_t root : told.roots()) add_spans(head["spans"], told, root, 0);
    key_choice keys = keys_of(asked);
    if (keys.is_open()) {  // then without what is told already
        keys.hidden = {"timestamp", "level", "trace_id", "span_id", "parent_span_id", "thread"};
        for (auto const& [key, value] : common) keys.hidden.push_back(key);
    }
    return page_of(asked, head, "records", told.records().size(), 0,
                   [&](std::size_t i) { return told_record(told.records()[i], told, keys); });
}

}  // namespace mcp
