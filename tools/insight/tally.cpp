// SPDX-License-Identifier: MIT
#include "insight/tally.hpp"

#include "insight/text.hpp"

#include <logkit/base/json_text.hpp>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <set>

namespace insight {
namespace {

// Clocks change at quarters of an hour, and steps that are made of them begin there.
constexpr std::int64_t hour_ns = 3'600'000'000'000, quarter_ns = hour_ns / 4;
constexpr std::size_t most_steps = 10'000, most_cells = 1'000'000, longest_value = 1'000;

// The value as it is in every line that has the same: a level by its name, a text without needless escapes.
void append_value(std::string& to, logkit::entry const& e, std::string const& key) {
    if (key == "level") {
        to.append(1, '"').append(logkit::to_string(e.level())).append(1, '"');
        return;
    }
    const logkit::json_view value = e.find(key);
    if (value.json().size() > longest_value)
        // A hundred thousand of them shall not fill the memory.
        to += logkit::detail::json_string(cut(value.text(), longest_value / 2) + ' ' + short_hash(value.json()));
    else if (value.has_escapes())
        to += logkit::detail::json_string(value.text());
    else
        to += value.json();
}

[[nodiscard]] std::vector<std::string> values_of(std::string_view key, std::size_t count) {
    if (key == other_groups) return std::vector<std::string>(count, logkit::detail::json_string(other_groups));
    std::vector<std::string> values;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t end = std::min(key.find('\n'), key.size());
        values.emplace_back(key.substr(0, end));
        key.remove_prefix(std::min(end + 1, key.size()));
    }
    return values;
}

// A step's start in front of the values, so that one text names a cell.
void make_cell_key(std::string& to, std::int64_t start_ns, std::string_view key) {
    to.assign(reinterpret_cast<const char*>(&start_ns), sizeof start_ns);
    to += key;
}
[[nodiscard]] std::int64_t start_in(std::string_view cell_key) {
    std::int64_t start_ns = 0;
    std::memcpy(&start_ns, cell_key.data(), sizeof start_ns);
    return start_ns;
}

[[nodiscard]] std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
    const std::int64_t rest = value % unit;
    return value - (rest < 0 ? rest + unit : rest);
}

}  // namespace

void tally_group::merge(tally_group const& other) {
    first_at = std::min(first_at, other.first_at);
    seen += other.seen;
    count.merge(other.count);
    numbers.resize(std::max(numbers.size(), other.numbers.size()));
    for (std::size_t i = 0; i < other.numbers.size(); ++i) numbers[i].merge(other.numbers[i]);
}

void tally::see(logkit::entry const& e, place at) {
    const double weight = e.weight();
    add(whole_, e, at, weight);
    make_key(e);
    if (!question_.by.empty()) {
        const auto found = groups_.find(std::string_view(key_));
        if (found == groups_.end() && groups_.size() >= most_groups) key_ = other_groups;
        add(found != groups_.end() ? found->second : groups_[key_], e, at, weight);
    }
    if (question_.every_ns == 0) return;
    const auto time = e.unix_ns();
    if (!time) {
        ++without_time_;
        return;
    }
    const std::int64_t start_ns = start_of(*time);
    if (!question_.by.empty()) add(cell_of(start_ns, {}), e, at, weight);
    add(cell_of(start_ns, key_), e, at, weight);
}

void tally::add(std::int64_t unix_ns, std::vector<std::string> const& values, std::uint64_t records) {
    const auto count = [&](tally_group& to) {
        to.first_at = std::min(to.first_at, place{});
        to.seen += records;
        to.count.add(static_cast<double>(records));
    };
    count(whole_);
    key_.clear();
    for (std::string const& value : values) key_ += value + '\n';
    if (!question_.by.empty()) {
        if (groups_.size() >= most_groups && !groups_.contains(std::string_view(key_))) key_ = other_groups;
        count(groups_[key_]);
    }
    if (question_.every_ns == 0) return;
    const std::int64_t start_ns = start_of(unix_ns);
    if (!question_.by.empty()) count(cell_of(start_ns, {}));
    count(cell_of(start_ns, key_));
}

void tally::add(tally_group& to, logkit::entry const& e, place at, double weight) const {
    to.first_at = std::min(to.first_at, at);
    ++to.seen;
    to.count.add(weight);
    if (question_.numbers.empty()) return;
    to.numbers.resize(question_.numbers.size());
    for (std::size_t i = 0; i < question_.numbers.size(); ++i)
        if (const auto number = e.find(question_.numbers[i]).number()) to.numbers[i].add(*number, weight);
}

void tally::make_key(logkit::entry const& e) {
    key_.clear();
    for (std::string const& by : question_.by) {
        append_value(key_, e, by);
        key_ += '\n';
    }
}

std::int64_t tally::zone_of(std::int64_t unix_ns) {
    if (const std::int64_t quarter = floor_to(unix_ns, quarter_ns); quarter != zone_at_) {
        zone_at_ = quarter;
        const auto seconds = static_cast<std::time_t>(quarter / 1'000'000'000);
        std::tm parts{};
        ::localtime_r(&seconds, &parts);
        zone_ns_ = std::int64_t{parts.tm_gmtoff} * 1'000'000'000;
    }
    return zone_ns_;
}
// Steps begin where people's do: days at midnight, also those on which the clocks change.
std::int64_t tally::start_of(std::int64_t unix_ns) {
    const std::int64_t quarter = floor_to(unix_ns, quarter_ns);
    if (quarter == step_at_) return step_start_ns_;
    const std::int64_t start = find_start(unix_ns);
    if (question_.every_ns % quarter_ns == 0 && start % quarter_ns == 0) {
        step_at_ = quarter;
        step_start_ns_ = start;
    }
    return start;
}
std::int64_t tally::find_start(std::int64_t unix_ns) {
    const std::int64_t zone = zone_of(unix_ns), local = floor_to(unix_ns + zone, question_.every_ns);
    const std::int64_t start = local - zone_of(local - zone);
    if (question_.every_ns <= hour_ns) return start;
    // Where the clocks were put back over midnight, the day began the first time.
    const std::int64_t first = local - zone_of(start - 1);
    return first < start && first + zone_of(first) == local ? first : start;
}

tally_group& tally::cell_of(std::int64_t start_ns, std::string_view key) {
    make_cell_key(cell_key_, start_ns, key);
    if (const auto found = cells_.find(std::string_view(cell_key_)); found != cells_.end()) return found->second;
    if (cells_.size() < most_cells) return cells_[cell_key_];
    is_too_fine_ = true;
    return cells_.begin()->second;
}

void tally::merge(tally&& other) {
    whole_.merge(other.whole_);
    without_time_ += other.without_time_;
    is_too_fine_ = is_too_fine_ || other.is_too_fine_;
    for (auto const& [key, group] : other.groups_) {
        const bool has_room = groups_.size() < most_groups || groups_.contains(key);
        groups_[has_room ? key : std::string(other_groups)].merge(group);
    }
    for (auto const& [key, group] : other.cells_) cells_[key].merge(group);
}

std::vector<tally::row> tally::groups(std::size_t most) const {
    std::vector<std::pair<std::string_view, tally_group const*>> all;
    for (auto const& [key, group] : groups_) all.emplace_back(key, &group);
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) {
        if (a.second->count.value() != b.second->count.value())
            return a.second->count.value() > b.second->count.value();
        return a.second->first_at < b.second->first_at;
    });
    if (most != 0 && all.size() > most) all.resize(most);
    std::vector<row> rows;
    for (auto const& [key, group] : all) rows.push_back({values_of(key, question_.by.size()), group});
    return rows;
}

std::vector<tally::step> tally::steps(std::vector<row> const& of) const {
    std::vector<step> all;
    if (cells_.empty()) return all;
    std::set<std::int64_t> starts;
    for (auto const& [key, group] : cells_) starts.insert(start_in(key));
    const std::int64_t first = *starts.begin(), last = *starts.rbegin();
    const std::int64_t every = question_.every_ns;
    const std::int64_t steps = last / every - first / every + 1;
    if (steps > static_cast<std::int64_t>(most_steps))
        throw question_error("from " + timestamp_of(first) + " to " + timestamp_of(last) + " it is " +
                             grouped(static_cast<std::uint64_t>(steps)) + " steps, and the most are " +
                             grouped(most_steps) + ": ask for longer steps or a shorter time");
    if (is_too_fine_)
        throw question_error("more than " + grouped(most_cells) +
                             " counts, of each group in each step: ask for longer steps or by another key");
    std::string key;
    const auto cell = [&](std::int64_t start_ns, std::string const& values) {
        make_cell_key(key, start_ns, values);
        const auto found = cells_.find(std::string_view(key));
        return found == cells_.end() ? nullptr : &found->second;
    };
    const auto add = [&](std::int64_t start_ns) {
        step& one = all.emplace_back();
        one.start_ns = start_ns;
        if (const auto* const whole = cell(start_ns, {}); whole != nullptr) one.whole = *whole;
        for (row const& group : of) {
            std::string values;
            for (std::string const& value : group.values) values += value + '\n';
            one.groups.push_back(cell(start_ns, values));
        }
    };
    tally clock(question_);
    for (const std::int64_t start : starts) {
        // Those without records, up to this one.
        while (!all.empty()) {
            const std::int64_t before = all.back().start_ns, next = clock.start_of(before + every);
            // A step in which the clocks were put back is longer than others.
            const std::int64_t gap = next > before ? next : clock.start_of(before + every + 2 * hour_ns);
            if (gap <= before || gap >= start) break;
            add(gap);
        }
        add(start);
    }
    return all;
}

}  // namespace insight
