// SPDX-License-Identifier: MIT
#include "mcp/bounded.hpp"

#include "insight/digest_text.hpp"
#include "insight/text.hpp"

#include <algorithm>
#include <array>

namespace mcp {
namespace {

using insight::estimate_tokens;
using insight::grouped;

// From what is usual to what is the least that says anything.
constexpr std::array<value_limits, 6> stricter{
    {{1'000, 50, 200}, {400, 20, 60}, {150, 10, 30}, {60, 5, 15}, {24, 2, 6}, {12, 1, 3}}};

// For the number of items and what parts them.
constexpr std::size_t reserve_tokens = 30;

[[nodiscard]] bool is_inside_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

[[nodiscard]] std::string cut_in_the_middle(std::string const& text, std::size_t bytes) {
    if (text.size() <= bytes + 24) return text;  // what says so is about as long
    std::size_t front = bytes * 2 / 3, back = text.size() - (bytes - front);
    while (front > 0 && is_inside_character(text[front])) --front;
    while (back < text.size() && is_inside_character(text[back])) ++back;
    return text.substr(0, front) + "…(" + grouped(back - front) + " bytes left out)…" + text.substr(back);
}

[[nodiscard]] std::size_t tokens_of(json const& value) {
    return estimate_tokens(insight::document_text(value));
}

}  // namespace

json shortened(json const& value, value_limits limits) {
    if (value.is_string()) return cut_in_the_middle(value.get_ref<std::string const&>(), limits.text_bytes);
    if (value.is_array()) {
        json list = json::array();
        const std::size_t most = value.size() <= limits.items + 1 ? value.size() : limits.items;
        for (std::size_t i = 0; i < most; ++i) list.push_back(shortened(value[i], limits));
        if (most < value.size()) list.push_back("…(" + grouped(value.size() - most) + " left out)");
        return list;
    }
    if (!value.is_object()) return value;
    json object = json::object();
    for (auto const& [key, member] : value.items()) {
        if (object.size() == limits.keys) {
            object["…"] = grouped(value.size() - limits.keys) + " keys left out";
            break;
        }
        object[cut_in_the_middle(key, limits.text_bytes)] = shortened(member, limits);
    }
    return object;
}

bounded_list::bounded_list(json const& head, std::string key, std::size_t max_tokens)
    : key_(std::move(key)), left_(max_tokens) {
    for (value_limits const& limits : stricter) {
        head_ = json::object();
        // Totals are short, and all of them are told.
        for (auto const& [name, value] : head.items()) head_[name] = shortened(value, limits);
        if (tokens_of(head_) <= max_tokens / 3) break;
    }
    const std::size_t used = tokens_of(head_) + reserve_tokens;
    left_ = max_tokens > used ? max_tokens - used : 0;
}

bool bounded_list::add(json const& item, bool in_front) {
    for (value_limits const& limits : stricter) {
        json told = shortened(item, limits);
        const std::size_t cost = tokens_of(told) + 1;
        if (cost <= left_) {
            left_ -= cost;
            items_.insert(in_front ? items_.begin() : items_.end(), std::move(told));
            return true;
        }
        // A later one has its room on another page.
        if (!items_.empty()) return false;
    }
    left_ = 0;
    items_.push_back({{"left_out", "an item of " + grouped(insight::document_text(item).size()) + " bytes"}});
    return true;
}

std::string bounded_list::text(std::optional<std::string> const& cursor, std::size_t left_out) const {
    json document = head_;
    if (left_out != 0) document["left_out"] = left_out;
    document["shown"] = items_.size();
    document[key_] = items_;
    if (cursor) document["cursor"] = *cursor;
    return insight::document_text(document);
}

std::string bounded_document(json const& document, std::size_t max_tokens) {
    std::string text;
    for (value_limits const& limits : stricter)
        for (const std::size_t most : {limits.items, limits.items / 2, limits.items / 4}) {
            json told = json::object(), left_out = json::object();
            for (auto const& [key, value] : document.items()) {
                if (!value.is_array()) {
                    told[key] = shortened(value, limits);
                    continue;
                }
                told[key] = json::array();
                for (std::size_t i = 0; i < std::min(most, value.size()); ++i)
                    told[key].push_back(shortened(value[i], limits));
                if (value.size() > most) left_out[key] = value.size() - most;
            }
            if (!left_out.empty()) told["left_out"] = left_out;
            text = insight::document_text(told);
            if (estimate_tokens(text) <= max_tokens) return text;
        }
    return text;
}

}  // namespace mcp
