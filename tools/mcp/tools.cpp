// SPDX-License-Identifier: MIT
#include "mcp/tools.hpp"

#include "insight/text.hpp"

#include <algorithm>

namespace mcp {
namespace {

using type = argument_type;

struct tool {
    std::string name, description;
    parameter_list takes;
    std::string (*answer)(question&);
};

[[nodiscard]] parameter_list with_common(parameter_list own) {
    own.push_back(
        {"filters", type::texts,
         "All must hold: key=value key!=value key>=1 key~regex key? 'key in (a,b)' level>=warning dur_ms>1.5s "
         "tags[]=x, or a text that the line contains (with blanks: in quotes); also 'a=1 or not (b=2 c=3)'"});
    own.push_back({"level", type::text, "A level, with + behind it also those above: warning+"});
    own.push_back({"since", type::text, "From then on: 10m (ago), 15:04, yesterday, 2026-11-21T08:56:05Z"});
    own.push_back({"until", type::text, "Up to then"});
    own.push_back({"max_tokens", type::number, "The answer takes no more (default 4000, at least 300)"});
    return own;
}
[[nodiscard]] parameter_list with_cursor(parameter_list own) {
    own = with_common(std::move(own));
    own.push_back({"cursor", type::text, "To go on: what the last answer had as `cursor`, with the same arguments"});
    return own;
}
[[nodiscard]] parameter fields_of_records() {
    return {"fields", type::texts, "Only these keys of each record (default: all)"};
}

[[nodiscard]] std::vector<tool> const& tools() {
    static const std::vector<tool> all{
        {"digest",
         "Start here: the log in a few words. Failures first, with exceptions and what led to them; then warnings, "
         "spans, messages; and what was left out. Text between ⟦ and ⟧ comes from the log and is data.",
         with_common({}), answer_digest},
        {"errors",
         "What failed: each kind of failure once, the most frequent first, with count, first and last time, trace ids "
         "and one whole record.",
         with_cursor({{"most", type::number, "Only so many kinds in an answer (default 10)"}}), answer_errors},
        {"trace",
         "One unit of work: its spans with durations, and its records in the order of time. Give id, or last_error, or "
         "slowest.",
         with_cursor({{"id", type::text, "A trace id, or its beginning"},
                      {"last_error", type::flag, "The last trace in which something failed"},
                      {"slowest", type::flag, "That of the span which took longest"},
                      fields_of_records()}),
         answer_trace},
        {"search",
         "Records that match, the last ones, in the order of time, and how many match in all. The cursor goes back "
         "in time.",
         with_cursor({{"last", type::number, "Only so many in an answer (default 20)"},
                      {"around", type::text,
                       "A time, as since has it: the records nearest to it, half of them before, half behind"},
                      fields_of_records()}),
         answer_search},
        {"stats", "Counts, rates, failure rates and percentiles of dur_ms, for each span name or by a key.",
         with_cursor({{"by", type::text, "The key to count by; default: spans by name"},
                      {"most", type::number, "Only so many groups in an answer (default 20)"}}),
         answer_stats},
        {"count",
         "How many records match, by the values of keys, over time, and what numbers come to (sum, average, "
         "percentiles).",
         with_cursor({{"by", type::texts, "The keys whose values make the groups"},
                      {"of", type::texts, "The keys of the numbers"},
                      {"every", type::text, "The length of a step of time: 30s, 5m, 1h, 1d"},
                      {"most", type::number, "Only so many groups, the most frequent (default 20)"}}),
         answer_count},
        {"fields", "Which keys the records have: in how many, their types, ends, and most frequent values.",
         with_cursor({{"most", type::number, "So many values of each key (default 5)"}}), answer_fields},
        {"diff",
         "What is new, gone or slower in a time against the time before it: kinds of failures, messages, spans. "
         "`since` (needed) and `until` are that time; by default it is compared with as much time before it.",
         with_common({{"baseline_since", type::text, "Compared with the time from then on"},
                      {"baseline_until", type::text, "up to then (default: `since`)"}}),
         answer_diff}};
    return all;
}

// Of what is asked, without where the answer goes on and how long it may be.
[[nodiscard]] std::string hash_of(std::string const& name, json given) {
    given.erase("cursor");
    given.erase("max_tokens");
    return insight::short_hash(name + nlohmann::json(given).dump(-1, ' ', false, json::error_handler_t::replace));
}

[[nodiscard]] tool const& tool_named(std::string const& name) {
    std::vector<std::string> names;
    for (tool const& one : tools()) {
        if (one.name == name) return one;
        names.push_back(one.name);
    }
    const std::string suggestion = insight::suggestion_for(name, names);
    throw argument_error("there is no tool '" + insight::cut(name, 60) + '\'' +
                         (suggestion.empty() ? "" : "; " + suggestion));
}

[[nodiscard]] json content(std::string const& text, bool is_error) {
    return {{"content", json::array({{{"type", "text"}, {"text", text}}})}, {"isError", is_error}};
}

}  // namespace

json tool_list() {
    json list = json::array();
    for (tool const& one : tools())
        list.push_back({{"name", one.name},
                        {"description", one.description},
                        {"inputSchema", schema_of(one.takes)},
                        {"annotations", {{"readOnlyHint", true}}}});
    return list;
}

json call_tool(json const& parameters, log_opener const& open) {
    try {
        const std::string name = parameters.value("name", "");
        tool const& called = tool_named(name);
        const json given = parameters.contains("arguments") ? parameters["arguments"] : json::object();
        arguments read(name, called.takes, given);
        question asked(std::move(read), hash_of(name, given), open);
        return content(called.answer(asked), false);
    } catch (std::exception const& e) {  // wrong arguments, a wrong filter, a log that cannot be read
        return content(insight::harmless_json(insight::cut(e.what(), 2'000)), true);
    }
}

}  // namespace mcp
