// SPDX-License-Identifier: MIT
#include "insight/answers.hpp"

#include "insight/text.hpp"

namespace insight {
namespace {

void add_counts(json& to, tally_group const& group, tally_question const& question) {
    to["seen"] = group.seen;
    to["count"] = group.count.value();
    for (std::size_t i = 0; i < question.numbers.size(); ++i)
        to["numbers"][question.numbers[i]] = to_json(i < group.numbers.size() ? group.numbers[i] : histogram{});
}

[[nodiscard]] json values_to_json(std::vector<std::string> const& values, tally_question const& question) {
    json out = json::object();
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!values[i].empty()) out[question.by[i]] = parse_record(values[i]);
    return out;
}

template <class Group>
void keep(std::vector<Group>& groups, std::size_t most) {
    if (most != 0 && groups.size() > most) groups.resize(most);
}

[[nodiscard]] json failures_to_json(std::vector<failure_group const*> const& groups) {
    json list = json::array();
    for (failure_group const* group : groups) list.push_back(to_json(*group));
    return list;
}
[[nodiscard]] json names_to_json(difference::groups const& groups) {
    json list = json::array();
    for (auto const& [name, group] : groups) list.push_back({{"name", name}, {"count", group->count.value()}});
    return list;
}

}  // namespace

json errors_answer(failure_groups const& failures, scan_report const& scanned, std::size_t most) {
    std::vector<failure_group const*> sorted = failures.sorted();
    json out{{"records", scanned.counts.records},
             {"unreadable", scanned.counts.unreadable},
             {"failures", failures.count()},
             {"groups_total", sorted.size()}};
    keep(sorted, most);
    out["groups"] = failures_to_json(sorted);
    return out;
}

json stats_answer(statistics const& counted, scan_report const& scanned, std::size_t most) {
    log_profile const& whole = counted.whole;
    json out{{"seen", whole.seen},
             {"count", whole.count.value()},
             {"unreadable", scanned.counts.unreadable},
             {"seconds", whole.seconds()}};
    if (!whole.first.empty()) out["first"] = whole.first;
    if (!whole.last.empty()) out["last"] = whole.last;
    for (std::size_t i = 0; i < whole.by_level.size(); ++i)
        out["levels"][std::string(logkit::to_string(static_cast<logkit::level>(i)))] = whole.by_level[i].value();
    out["dropped"] = whole.dropped;
    out["recovered"] = whole.recovered;
    out["by"] = counted.by.empty() ? "span" : counted.by;
    auto groups = sorted_groups(counted.chosen());
    out["groups_total"] = groups.size();
    keep(groups, most);
    out["groups"] = json::array();
    for (auto const& [name, group] : groups) out["groups"].push_back(to_json(name, *group, whole.seconds()));
    return out;
}

json count_answer(tally const& counted, tally_question const& question, scan_report const& scanned, std::size_t most) {
    json out = json::object();
    add_counts(out, counted.whole(), question);
    out["unreadable"] = scanned.counts.unreadable;
    out["by"] = question.by;
    out["groups_total"] = counted.group_count();
    out["groups"] = json::array();
    const std::vector<tally::row> rows = counted.groups(most);
    for (tally::row const& row : rows) {
        json& group = out["groups"].emplace_back(json{{"values", values_to_json(row.values, question)}});
        add_counts(group, *row.group, question);
    }
    if (question.every_ns == 0) return out;
    out["every_ms"] = static_cast<double>(question.every_ns) / 1e6;
    out["without_time"] = counted.without_time();
    out["steps"] = json::array();
    for (tally::step const& step : counted.steps(rows)) {
        json& one = out["steps"].emplace_back(json{{"start", timestamp_of(step.start_ns)}});
        add_counts(one, step.whole, question);
        if (question.by.empty()) continue;
        one["groups"] = json::array();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (step.groups[i] == nullptr) continue;
            json& group = one["groups"].emplace_back(json{{"values", values_to_json(rows[i].values, question)}});
            add_counts(group, *step.groups[i], question);
        }
    }
    return out;
}

json diff_answer(survey const& before, survey const& after, difference const& found) {
    json out{{"before", {{"records", before.profile.seen}, {"failures", before.failures.count()}}},
             {"after", {{"records", after.profile.seen}, {"failures", after.failures.count()}}}};
    out["new_failures"] = failures_to_json(found.new_failures);
    out["gone_failures"] = failures_to_json(found.gone_failures);
    out["changed_spans"] = json::array();
    for (changed_span const& span : found.changed_spans)
        out["changed_spans"].push_back({{"name", span.name},
                                        {"ratio", span.ratio},
                                        {"p50_before", quantile_of(span.before->durations, 0.5)},
                                        {"p50_after", quantile_of(span.after->durations, 0.5)},
                                        {"p99_before", quantile_of(span.before->durations, 0.99)},
                                        {"p99_after", quantile_of(span.after->durations, 0.99)}});
    out["new_spans"] = names_to_json(found.new_spans);
    out["gone_spans"] = names_to_json(found.gone_spans);
    out["new_messages"] = names_to_json(found.new_messages);
    out["gone_messages"] = names_to_json(found.gone_messages);
    return out;
}

json digest_answer(digest const& made, std::size_t max_tokens) {
    digest_omissions const& o = made.omitted;
    return {{"max_tokens", max_tokens},
            {"tokens", made.tokens},
            {"records", made.records},
            {"failures", made.failures},
            {"unreadable", made.unreadable},
            {"omitted",
             {{"failure_kinds", o.failure_kinds},
              {"failures", o.failures},
              {"stories", o.stories},
              {"story_records", o.story_records},
              {"spans", o.spans},
              {"messages", o.messages},
              {"message_records", o.message_records}}},
            {"text", made.text}};
}

json fields_answer(key_survey const& found, scan_report const& scanned, std::size_t most) {
    json out{{"records", found.records()}, {"unreadable", scanned.counts.unreadable}};
    const auto keys = found.keys();
    out["fields_total"] = keys.size();
    out["has_more"] = found.has_many_keys();
    out["fields"] = json::array();
    for (auto const& [key, profile] : keys) {
        json& one = out["fields"].emplace_back(json{{"key", key}, {"records", profile->records()}});
        for (std::size_t i = 0; i < value_type_names.size(); ++i)
            if (const std::uint64_t n = profile->of_type(static_cast<value_type>(i)); n != 0)
                one["types"][std::string(value_type_names[i])] = n;
        if (profile->of_type(value_type::number) != 0)
            one.update({{"min", profile->smallest()}, {"max", profile->largest()}});
        one["values_total"] = profile->value_count();
        one["has_more_values"] = profile->has_many_values();
        one["values"] = json::array();
        for (auto const& [value, times] : profile->values(most))
            one["values"].push_back({{"value", parse_record(value)}, {"records", times}});
    }
    return out;
}

}  // namespace insight
