// SPDX-License-Identifier: MIT
#pragma once

// Finds in another program's line what the record format has a name for: the table of reader/record_names.hpp, applied.
// Reader.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/json_text.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/record_names.hpp>
#include <logkit/reader/severity.hpp>
#include <logkit/reader/time.hpp>

namespace logkit::detail {

struct mapped_member {
    std::string_view key;
    json_view value;
    slot meaning = slot::none;
};

// A vector to which adding is a few stores: it is done for each key of each line. Each part is stored where it belongs;
// made elsewhere and copied as a whole, it would be read before the stores have got there, which costs more than the
// rest.
class member_list {
  public:
    member_list() = default;
    member_list(member_list&&) = default;
    member_list& operator=(member_list&&) = default;
    void clear() noexcept { end_ = room_.data(); }
    [[gnu::always_inline]] void add(std::string_view key, std::string_view json, slot meaning) {
        if (end_ == room_.data() + room_.size()) [[unlikely]]
            grow();
        mapped_member& to = *end_++;
        to.key = key;
        to.value = json_view(json);
        to.meaning = meaning;
    }
    [[nodiscard]] std::span<mapped_member> view() noexcept { return {room_.data(), end_}; }
    [[nodiscard]] std::span<const mapped_member> view() const noexcept { return {room_.data(), end_}; }

  private:
    [[gnu::noinline]] void grow() {
        const std::size_t size = room_.size();
        room_.resize(2 * size + 32);
        end_ = room_.data() + size;
    }

    std::vector<mapped_member> room_;
    mapped_member* end_ = nullptr;
};

class name_mapper {
  public:
    using slots = std::array<json_view, slot_count>;

    // Fills the slots, says of each member which of them it is, and returns the record's level.
    [[nodiscard]] level map(std::span<mapped_member> members, slots& into) {
        members_ = members;
        slots_ = &into;
        ranks_.fill(no_rank);
        owners_.fill(nobody);
        if (!made_.empty()) made_.clear();
        scale_ = level_scale::common;
        for (std::size_t i = 0; i < members.size(); ++i) consider(members[i].key, members[i].value, i, 0);
        finish();
        for (std::size_t s = 0; s < slot_count; ++s)
            if (owners_[s] != nobody && !stays_field(static_cast<slot>(s)))
                members[owners_[s]].meaning = static_cast<slot>(s);
        return severity();
    }

  private:
    static constexpr std::uint8_t no_rank = 255;
    static constexpr std::size_t nobody = static_cast<std::size_t>(-1);
    static constexpr unsigned deepest = 4;

    [[nodiscard]] static constexpr bool stays_field(slot s) noexcept {
        return s == slot::http_status || s == slot::http_method || s == slot::http_path;
    }
    [[nodiscard]] json_view& at(slot s) noexcept { return (*slots_)[static_cast<std::size_t>(s)]; }

    void consider(std::string_view path, json_view value, std::size_t owner, unsigned depth) {
        const record_names::found known = record_names::known().find(path);
        slot taken = slot::none;
        for (std::size_t i = 0; i < known.count; ++i) {
            record_name const& row = known.first[i];
            if (row.meaning == taken || !record_names::is_spelled(row, path)) continue;
            if (!row.sibling.empty() && !has(row.sibling)) continue;
            if (!fits(row, value)) continue;
            taken = row.meaning;
            const auto place = static_cast<std::size_t>(row.meaning);
            if (row.rank > ranks_[place]) continue;
            ranks_[place] = row.rank;
            owners_[place] = depth == 0 ? owner : nobody;
            (*slots_)[place] = value;
            if (row.meaning == slot::level) scale_ = row.scale;
        }
        if (!known.is_parent || !value.is_object() || depth == deepest) return;
        for_each_inside(value, [&](std::string_view key, json_view inside) {
            consider(std::string(path).append(".").append(key), inside, owner, depth + 1);
            return true;
        });
    }

    [[nodiscard]] bool has(std::string_view key) const noexcept {
        return std::any_of(members_.begin(), members_.end(), [&](mapped_member const& m) { return m.key == key; });
    }

    // Is this value of the kind that stands under that name?
    [[nodiscard]] static bool fits(record_name const& row, json_view value) {
        const std::string_view text = value.escaped();
        const bool is_something = !text.empty() || value.is_number();
        switch (row.meaning) {
            case slot::timestamp:
                return is_something || (value.is_object() && parse_time(value));
            case slot::level:
                return level_from_json(value, row.scale).has_value();
            case slot::event:
                if (row.path == "MESSAGE" && value.is_array() && value.json().size() > 2) return true;
                return (value.is_text() || row.sibling.empty()) && !value.is_object() && !value.is_array() &&
                       value.json() != "null" && value.json() != R"("")";
            case slot::trace_id:
                // Some call a stack a trace.
                return row.path != "trace" ? is_something
                                           : text.find("/traces/") != std::string_view::npos || is_hexadecimal(text);
            case slot::dur_ms:
            case slot::text_lines:
            case slot::sample_rate:
                return value.number().has_value();
            case slot::status:
                return value.is_text() && !value.number();
            case slot::exc_info:
                return (value.is_text() && !text.empty() && text != "null" && text != "None" && text != "<nil>") ||
                       (value.is_object() && value.json().find('"') != std::string_view::npos) ||
                       (value.is_array() && value.json().find('{') != std::string_view::npos);
            case slot::src:
                return !text.empty() || (value.is_object() && value.json().find('"') != std::string_view::npos);
            case slot::exc_stack:
                return !text.empty() || (value.is_array() && value.json().size() > 2);
            case slot::http_status: {
                const auto number = value.integer();
                return number && *number >= 100 && *number <= 599;
            }
            case slot::http_method:
                return !text.empty() && text.size() <= 16 && text.find(' ') == std::string_view::npos;
            case slot::thread:
            case slot::span_id:
            case slot::parent_span_id:
                return is_something;
            default:
                return !text.empty();
        }
    }
    [[nodiscard]] static bool is_hexadecimal(std::string_view text) noexcept {
        return text.size() >= 16 && std::all_of(text.begin(), text.end(), [](char c) {
                   return is_digit(c) || (fold_case(c) >= 'a' && fold_case(c) <= 'f');
               });
    }

    // What is not said in so many words.
    void finish() {
        // A status is one of HTTP where something else speaks of HTTP; elsewhere it may be anything.
        if (ranks_[static_cast<std::size_t>(slot::http_status)] > 1 && !at(slot::http_method).exists() &&
            !at(slot::http_path).exists())
            at(slot::http_status) = {};
        if (!at(slot::event).exists()) {
            if (at(slot::message_template).exists())
                at(slot::event) = make(rendered(at(slot::message_template).text()));
            else if (at(slot::http_method).exists() && at(slot::http_path).exists())
                at(slot::event) = make(at(slot::http_method).text() + ' ' + at(slot::http_path).text() +
                                       (at(slot::http_status).exists() ? ' ' + at(slot::http_status).text() : ""));
        }
        if (const json_view message = at(slot::event); message.is_array())
            at(slot::event) = make(text_of_array(message));
        if (const json_view trace = at(slot::trace_id); trace.exists()) {
            const std::string_view id = trace.escaped();
            if (const std::size_t slash = id.rfind('/'); slash != std::string_view::npos)
                at(slot::trace_id) = make(std::string(id.substr(slash + 1)));  // projects/shop/traces/…
        }
        for (const slot id : {slot::trace_id, slot::span_id, slot::parent_span_id})
            if (at(id).is_number()) at(id) = make(std::string(at(id).json()));
        if (const json_view source = at(slot::src); source.is_object()) at(slot::src) = make(place_of(source));
    }
    // journald's bytes, or several texts.
    [[nodiscard]] static std::string text_of_array(json_view array) {
        std::string text;
        for_each_inside(array, [&](std::string_view, json_view item) {
            if (const auto byte = item.integer(); item.is_number() && byte)
                text += static_cast<char>(*byte);
            else
                text.append(text.empty() ? "" : "\n").append(item.text());
            return true;
        });
        return text;
    }
    // {"file":…,"line":…}, as slog, Bunyan, ECS and Google's logging write it.
    [[nodiscard]] static std::string place_of(json_view source) {
        std::string file, line;
        for_each_inside(source, [&](std::string_view key, json_view value) {
            if (key == "file" || key == "file.name")
                file = value.is_object() ? find_inside(value, "name").text() : value.text();
            if (key == "line" || key == "file.line") line = value.text();
            if (key == "file" && value.is_object()) line = find_inside(value, "line").text();
            return true;
        });
        file.erase(0, file.rfind('/') + 1);
        return file.empty() ? std::string(source.json()) : file + (line.empty() ? "" : ":" + line);
    }
    [[nodiscard]] json_view make(std::string const& text) { return json_view(made_.emplace_back(json_string(text))); }

    // "{Count} items packed" → "3 items packed" (messagetemplates.org). A hole without a value stays as it is.
    [[nodiscard]] std::string rendered(std::string_view pattern) const {
        std::string out;
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            const char c = pattern[i];
            if ((c == '{' || c == '}') && i + 1 < pattern.size() && pattern[i + 1] == c) {
                out += c;
                ++i;
                continue;
            }
            const std::size_t end = c == '{' ? pattern.find('}', i) : std::string_view::npos;
            if (end == std::string_view::npos) {
                out += c;
                continue;
            }
            const std::string_view hole = pattern.substr(i + 1, end - i - 1);
            std::string_view name = hole.substr(0, hole.find_first_of(",:"));
            if (name.starts_with('@') || name.starts_with('$')) name.remove_prefix(1);
            const json_view value = value_of(name);
            out += value.exists() ? value.text() : std::string(pattern.substr(i, end + 1 - i));
            i = end;
        }
        return out;
    }
    [[nodiscard]] json_view value_of(std::string_view name) const {
        json_view inside;
        for (mapped_member const& m : members_) {
            if (m.key == name) return m.value;
            if (m.key == "Properties") inside = find_inside(m.value, name);
        }
        return inside;
    }

    [[nodiscard]] level severity() {
        if (const auto known = level_from_json(at(slot::level), scale_)) return *known;
        if (const auto status = at(slot::http_status).integer()) return *status >= 500 ? level::error : level::info;
        const bool has_exception = at(slot::exc_info).exists() || at(slot::exc_type).exists();
        return has_exception ? level::error : level::info;
    }

    std::span<mapped_member> members_;
    slots* slots_ = nullptr;
    std::array<std::uint8_t, slot_count> ranks_{};
    std::array<std::size_t, slot_count> owners_{};
    std::deque<std::string> made_;  // values that do not stand in the line
    level_scale scale_ = level_scale::common;
};

}  // namespace logkit::detail
