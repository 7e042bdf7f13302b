// SPDX-License-Identifier: MIT
#include "insight/record_forms.hpp"

#include "insight/json.hpp"
#include "insight/symbols.hpp"
#include "insight/text.hpp"

#include <logkit/base/json_text.hpp>

#include <algorithm>

namespace insight {
namespace {

using logkit::slot;
using logkit::detail::json_string;

// Readers of JSON have limits of their own.
[[nodiscard]] bool nests_shallowly(std::string_view json) {
    constexpr std::size_t deepest = 64;
    std::size_t depth = 0;
    for (std::size_t at = 0; at < json.size(); ++at) {
        if (json[at] == '"')
            at = logkit::detail::end_of_string(json, at) - 1;
        else if (json[at] == '{' || json[at] == '[')
            ++depth;
        else if ((json[at] == '}' || json[at] == ']') && depth != 0)
            --depth;
        if (depth > deepest) return false;
    }
    return true;
}

// `user` is for user and user.id.
[[nodiscard]] bool stands_for(std::string_view chosen, std::string_view key) {
    return key.starts_with(chosen) && (key.size() == chosen.size() || key[chosen.size()] == '.');
}

void append_member(std::string& to, std::string_view key, std::string const& json) {
    to += (to.empty() ? "{" : ",") + json_string(key) + ':' + json;
}

[[nodiscard]] std::string cell_of(logkit::entry const& e, std::string const& column) {
    if (column == "timestamp") return timestamp_of(e.unix_ns());
    if (column == "level") return std::string(logkit::to_string(e.level()));
    return e.find(column).text();
}
[[nodiscard]] std::string default_cell_of(logkit::entry const& e, logkit::exception_story const& exception,
                                          std::string const& column) {
    if (column == "exception") return exception.type;
    if (column == "message") return exception.what;
    if (column != "fields") return cell_of(e, column);
    std::string fields;
    for (auto const& m : e.members())
        if (m.meaning == slot::none) append_member(fields, m.key, checked_json(m.value));
    return fields.empty() ? fields : fields + '}';
}
[[nodiscard]] std::vector<std::string> cells_of(logkit::entry const& e, column_list const& columns) {
    const logkit::exception_story exception = columns.are_default ? named_exception_of(e) : logkit::exception_story{};
    std::vector<std::string> cells;
    for (std::string const& column : columns.names)
        cells.push_back(columns.are_default ? default_cell_of(e, exception, column) : cell_of(e, column));
    return cells;
}

[[nodiscard]] std::string csv_cell(std::string const& text) {
    // Also where it begins like a formula: a spreadsheet would run it.
    const bool is_formula = !text.empty() &&
                            std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos &&
                            !logkit::json_view(text).number();
    if (text.find_first_of(",\"\r\n ") == std::string::npos && !is_formula) return text.empty() ? "\"\"" : text;
    std::string cell = is_formula ? "\"'" : "\"";
    for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
    return cell + '"';
}
[[nodiscard]] std::string tsv_cell(std::string const& text) {
    std::string cell;
    for (const char c : text) {
        constexpr std::string_view parting = "\t\n\r\\", written = "tnr\\";
        if (const std::size_t at = parting.find(c); at != std::string_view::npos)
            cell.append(1, '\\').append(1, written[at]);
        else
            cell += c;
    }
    return cell;
}

[[nodiscard]] std::string logfmt_value(std::string const& text) {
    const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\x7f';
    });
    return is_plain ? text : json_string(text);
}
[[nodiscard]] std::string logfmt_key(std::string_view key) {
    std::string out(key);
    for (char& c : out)
        if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\x7f') c = '_';
    return out;
}

}  // namespace

bool key_choice::has(std::string_view key) const {
    const auto is_for = [&](std::string const& chosen) { return stands_for(chosen, key); };
    if (std::any_of(hidden.begin(), hidden.end(), is_for)) return false;
    return only.empty() || std::any_of(only.begin(), only.end(), is_for);
}

bool key_choice::has_hidden_inside(std::string_view key) const {
    return std::any_of(hidden.begin(), hidden.end(), [&](std::string const& one) {
        return one.size() > key.size() && one.starts_with(key) && one[key.size()] == '.';
    });
}

std::string without_hidden(logkit::json_view object, std::string const& path, key_choice const& keys) {
    std::string out;
    const bool is_list = object.is_array();
    logkit::detail::for_each_inside(object, [&](std::string_view key, logkit::json_view value) {
        const std::string inner = is_list ? path : path + '.' + std::string(key);
        if (!is_list && !key_choice({}, keys.hidden).has(inner)) return true;
        const bool is_nested = (value.is_object() || value.is_array()) && keys.has_hidden_inside(inner);
        const std::string told = is_nested ? without_hidden(value, inner, keys) : std::string(value.json());
        if (is_list)
            out += (out.empty() ? "[" : ",") + told;
        else
            append_member(out, key, told);
        return true;
    });
    return (out.empty() ? (is_list ? "[" : "{") : out) + (is_list ? ']' : '}');
}

std::string checked_json(logkit::json_view value) {
    if (value.is_text()) return json_string(value.text());
    return nests_shallowly(value.json()) && json::accept(value.json()) ? std::string(value.json())
                                                                       : json_string(value.json());
}

std::string json_of(logkit::entry const& e, key_choice const& keys) {
    std::string out;
    for_each_chosen(e, keys, [&](std::string_view key, logkit::json_view value, slot) {
        const bool is_time = key == "timestamp" && e.unix_ns();
        if (!keys.only.empty() && (is_time || key == "level"))
            append_member(out, key, json_string(is_time ? timestamp_of(e.unix_ns()) : logkit::to_string(e.level())));
        else
            append_member(out, key, checked_json(value));
    });
    return (out.empty() ? "{" : out) + '}';
}

std::string logfmt_of(logkit::entry const& e, key_choice const& keys) {
    std::string out;
    const auto add = [&](std::string_view key, std::string const& text) {
        out.append(out.empty() ? "" : " ").append(logfmt_key(key) + '=' + logfmt_value(text));
    };
    if (e.unix_ns() && keys.has("timestamp")) add("timestamp", timestamp_of(e.unix_ns()));
    if (keys.has("level")) add("level", std::string(logkit::to_string(e.level())));
    if (e.get(slot::event).exists() && keys.has("event")) add("event", e.event());
    for_each_chosen(e, keys, [&](std::string_view key, logkit::json_view value, slot meaning) {
        const bool is_told =
            (meaning == slot::timestamp && e.unix_ns()) || meaning == slot::level || meaning == slot::event;
        if (!is_told) add(key, value.text());
    });
    return out;
}

column_list columns_of(key_choice const& keys) {
    static const std::vector<std::string> usual{"timestamp",      "level", "event",  "trace_id", "span_id",
                                                "parent_span_id", "span",  "dur_ms", "status",   "exception",
                                                "message",        "src",   "logger", "thread",   "fields"};
    column_list columns{{}, keys.only.empty()};
    for (std::string const& column : columns.are_default ? usual : keys.only)
        if (key_choice{{}, keys.hidden}.has(column)) columns.names.push_back(column);
    return columns;
}

std::string csv_row(std::vector<std::string> const& cells) {
    std::string row;
    for (std::string const& cell : cells) row += (row.empty() ? "" : ",") + csv_cell(cell);
    return row;
}
std::string tsv_row(std::vector<std::string> const& cells) {
    std::string row;
    for (std::size_t i = 0; i < cells.size(); ++i) row += (i == 0 ? "" : "\t") + tsv_cell(cells[i]);
    return row;
}
std::string csv_row(logkit::entry const& e, column_list const& columns) {
    return csv_row(cells_of(e, columns));
}
std::string tsv_row(logkit::entry const& e, column_list const& columns) {
    return tsv_row(cells_of(e, columns));
}

}  // namespace insight
