// SPDX-License-Identifier: MIT
#pragma once

// A record in other forms: JSON of some of its keys, logfmt, a row of CSV or TSV. For show, export and agents.

#include <logkit/reader.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace insight {

// Which keys of a record are told. A key stands for what is inside of it, too: `user` for `user.id`.
struct key_choice {
    std::vector<std::string> only{};  // none: all
    std::vector<std::string> hidden{};

    [[nodiscard]] bool is_open() const noexcept { return only.empty() && hidden.empty(); }
    [[nodiscard]] bool has(std::string_view key) const;
    // Something inside of the key's value is hidden.
    [[nodiscard]] bool has_hidden_inside(std::string_view key) const;
};

// An object without what is hidden inside of it; `path` is its own key.
[[nodiscard]] std::string without_hidden(logkit::json_view object, std::string const& path, key_choice const& keys);

// The members of a record that are chosen, as visit(key, value, meaning): in the record's order; of `only`, in that
// order, also keys inside of objects, and by the record format's names.
template <class Visit>
void for_each_chosen(logkit::entry const& e, key_choice const& keys, Visit&& visit) {
    const auto pass_on = [&](std::string_view key, logkit::json_view value, logkit::slot meaning) {
        if (!keys.has_hidden_inside(key) || !(value.is_object() || value.is_array())) return visit(key, value, meaning);
        const std::string rest = without_hidden(value, std::string(key), keys);
        visit(key, logkit::json_view(rest), meaning);
    };
    if (keys.only.empty()) {
        for (auto const& m : e.members())
            if (keys.has(m.key)) pass_on(m.key, m.value, m.meaning);
        return;
    }
    for (std::string const& key : keys.only) {
        if (!keys.has(key)) continue;
        if (const logkit::json_view value = e.find(key); value.exists())
            pass_on(key, value, logkit::detail::own_slot(key));
        for (auto const& m : e.members())
            if (keys.has(m.key) && m.key.starts_with(key + '.')) pass_on(m.key, m.value, m.meaning);
    }
}

// The record as one JSON object of what is chosen; valid JSON, whatever stood in the line. Of `only`, time and level
// are as the record format has them.
[[nodiscard]] std::string json_of(logkit::entry const& e, key_choice const& keys);

// key=value, blanks between; values with blanks in quotes (https://brandur.org/logfmt). Time, level and event first.
[[nodiscard]] std::string logfmt_of(logkit::entry const& e, key_choice const& keys);

// The columns of a table: keys, or by default what most records have, the exception's type and message, and the
// program's own fields as JSON in `fields`.
struct column_list {
    std::vector<std::string> names{};
    bool are_default = false;
};
[[nodiscard]] column_list columns_of(key_choice const& keys);
// Without its end. CSV as RFC 4180 has it, with a quote before what a spreadsheet would run; TSV with \t \n \r \\ in
// place of what parts cells.
[[nodiscard]] std::string csv_row(logkit::entry const& e, column_list const& columns);
[[nodiscard]] std::string csv_row(std::vector<std::string> const& cells);
[[nodiscard]] std::string tsv_row(logkit::entry const& e, column_list const& columns);
[[nodiscard]] std::string tsv_row(std::vector<std::string> const& cells);

// A value of a log, made valid: what the line parser does not look into is checked here.
[[nodiscard]] std::string checked_json(logkit::json_view value);

}  // namespace insight
