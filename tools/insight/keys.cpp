// SPDX-License-Identifier: MIT
#include "insight/keys.hpp"

#include <logkit/base/json_text.hpp>

#include <algorithm>
#include <utility>

namespace insight {
namespace {

[[nodiscard]] value_type type_of(logkit::json_view value) {
    if (value.is_text()) return value_type::text;
    if (value.is_number()) return value_type::number;
    if (value.json() == "true" || value.json() == "false") return value_type::boolean;
    if (value.is_object()) return value_type::object;
    return value.json() == "null" ? value_type::null : value_type::list;
}

}  // namespace

void key_profile::add(logkit::json_view value, std::uint64_t record) {
    if (std::exchange(last_record_, record) != record) ++records_;
    const value_type type = type_of(value);
    ++types_[static_cast<std::size_t>(type)];
    if (const auto number = type == value_type::number ? value.number() : std::nullopt) {
        const bool is_first = of_type(value_type::number) == 1;
        smallest_ = is_first ? *number : std::min(smallest_, *number);
        largest_ = is_first ? *number : std::max(largest_, *number);
    }
    constexpr std::size_t longest = 200;
    if (type == value_type::list || type == value_type::object || type == value_type::null) return;
    if (value.has_escapes() && value.json().size() <= longest)
        return count_value(logkit::detail::json_string(value.text()), 1);
    if (value.json().size() <= longest) return count_value(value.json(), 1);
    const std::string text = value.text();
    std::size_t end = longest;
    end = std::min(end, text.size());
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    count_value(logkit::detail::json_string(text.substr(0, end) + "…"), 1);
}
void key_profile::count_value(std::string_view value, std::uint64_t times) {
    if (const auto at = values_.find(value); at != values_.end()) {
        at->second += times;
    } else if (values_.size() < most_values) {
        values_.emplace(value, times);
    } else {
        has_many_ = true;
    }
}

void key_profile::merge(key_profile const& other) {
    if (other.of_type(value_type::number) != 0) {
        const bool is_first = of_type(value_type::number) == 0;
        smallest_ = is_first ? other.smallest_ : std::min(smallest_, other.smallest_);
        largest_ = is_first ? other.largest_ : std::max(largest_, other.largest_);
    }
    records_ += other.records_;
    for (std::size_t i = 0; i < types_.size(); ++i) types_[i] += other.types_[i];
    has_many_ = has_many_ || other.has_many_;
    for (auto const& [value, times] : other.values_) count_value(value, times);
}

std::vector<std::pair<std::string, std::uint64_t>> key_profile::values(std::size_t most) const {
    std::vector<std::pair<std::string, std::uint64_t>> all(values_.begin(), values_.end());
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (all.size() > most) all.resize(most);
    return all;
}

void key_survey::see(logkit::entry const& e, place) {
    ++records_;
    for (auto const& m : e.members()) {
        path_ = m.key;
        see_value(path_, m.value, 1);
    }
}
void key_survey::see_value(std::string& path, logkit::json_view value, std::size_t depth) {
    if (value.is_object() && depth < deepest && value.json() != "{}") {
        logkit::detail::for_each_inside(value, [&](std::string_view key, logkit::json_view inner) {
            const std::size_t size = path.size();
            path.append(1, '.').append(key);
            see_value(path, inner, depth + 1);
            path.resize(size);
            return true;
        });
        return;
    }
    auto at = keys_.find(std::string_view(path));
    if (at == keys_.end()) {
        if (keys_.size() >= most_keys) {
            has_many_ = true;
            return;
        }
        at = keys_.emplace(path, key_profile{}).first;
    }
    at->second.add(value, records_);
}

void key_survey::merge(key_survey&& other) {
    records_ += other.records_;
    has_many_ = has_many_ || other.has_many_;
    for (auto const& [key, profile] : other.keys_) {
        if (keys_.size() >= most_keys && !keys_.contains(key))
            has_many_ = true;
        else
            keys_[key].merge(profile);
    }
}

std::vector<std::pair<std::string_view, key_profile const*>> key_survey::keys() const {
    std::vector<std::pair<std::string_view, key_profile const*>> all;
    for (auto const& [key, profile] : keys_) all.emplace_back(key, &profile);
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) {
        return a.second->records() != b.second->records() ? a.second->records() > b.second->records()
                                                          : a.first < b.first;
    });
    return all;
}

}  // namespace insight
