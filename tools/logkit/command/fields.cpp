// SPDX-License-Identifier: MIT
// `logkit fields`: which keys the records have, of which types, with which values.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "insight/answers.hpp"
#include "insight/text.hpp"
#include "screen/terminal.hpp"

#include <algorithm>
#include <cstdio>

namespace tool {
namespace {

struct fields_options {
    input_options input;
    std::size_t most = 5;
    bool wants_names = false;
};

[[nodiscard]] std::string types_of(key_profile const& profile) {
    std::string types;
    for (std::size_t i = 0; i < value_type_names.size(); ++i)
        if (profile.of_type(static_cast<value_type>(i)) != 0)
            types.append(types.empty() ? "" : "|").append(value_type_names[i]);
    return types;
}
[[nodiscard]] std::string values_of(key_profile const& profile, std::size_t most) {
    std::string text;
    const bool is_of_numbers = profile.of_type(value_type::number) == profile.records();
    if (is_of_numbers && profile.smallest() < profile.largest()) {
        char ends[80];
        std::snprintf(ends, sizeof ends, "%.6g to %.6g: ", profile.smallest(), profile.largest());
        text = ends;
    }
    const std::size_t head = text.size();
    for (auto const& [value, times] : profile.values(most))
        text += (text.size() == head ? "" : ", ") + harmless(logkit::json_view(value).text());
    const bool has_more = profile.has_many_values() || profile.value_count() > most;
    return has_more && !text.empty() ? text + ", …" : text;
}

int run(fields_options const& options) {
    const selection from = options.input.select(stored_part::wanted);
    scan_report scanned;
    const key_survey found = gather_all<key_survey>(source_of(from), scanned);
    const auto keys = found.keys();
    std::string out;
    if (options.wants_names) {
        for (auto const& [key, profile] : keys) out += harmless(key) + '\n';
        screen().write(out);
        return keys.empty() ? exit_code::nothing : exit_code::found;
    }
    report(scanned);
    if (options.input.wants_json) {
        print_json(fields_answer(found, scanned, options.most));
        return keys.empty() ? exit_code::nothing : exit_code::found;
    }
    std::size_t key_columns = 3;
    for (auto const& [key, profile] : keys) key_columns = std::max(key_columns, width_of(harmless(key)));
    key_columns = std::min<std::size_t>(key_columns, 30);
    constexpr std::size_t record_columns = 12, type_columns = 14;
    const std::size_t before = key_columns + record_columns + type_columns + 2;
    const std::size_t width = screen().width();
    if (!keys.empty())
        out += screen().paint(style::dim, padded("key", key_columns) + right("records", record_columns) + "  " +
                                              padded("types", type_columns) + "values") +
               '\n';
    for (auto const& [key, profile] : keys)
        out += padded(harmless(key), key_columns) + right(grouped(profile->records()), record_columns) + "  " +
               padded(types_of(*profile), type_columns) +
               cut(values_of(*profile, options.most), width > before + 16 ? width - before : 16) + '\n';
    if (found.has_many_keys()) out += screen().paint(style::dim, "there are more keys; they were not looked at") + '\n';
    screen().write(out);
    return keys.empty() ? exit_code::nothing : exit_code::found;
}

}  // namespace

void add_fields(CLI::App& app, int& status) {
    auto options = std::make_shared<fields_options>();
    CLI::App& command = *app.add_subcommand("fields", "The keys of the records, their types and most frequent values");
    options->input.add_to(command);
    options->input.add_json_to(command, "One JSON object: logkit schema fields");
    command.add_option("-n,--most", options->most, "So many values of each key (5)")->option_text("N");
    command.add_flag("--names", options->wants_names, "Only the keys, one a line");
    command.footer(
        "Keys inside of objects are told as a.b, as filters have them.\n\n"
        "Examples:\n"
        "  logkit fields\n"
        "  logkit fields span=http.request -n 20\n"
        "Exit status: 0 there were records, 1 there were none, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
