// SPDX-License-Identifier: MIT
#include "screen/record_writer.hpp"

#include "insight/text.hpp"
#include "screen/terminal.hpp"

#include <algorithm>

namespace tool {
namespace {

// Names as short as they tell the logs apart, all of one width.
void shorten(std::vector<std::string>& names) {
    constexpr std::size_t most_columns = 24;
    std::vector<std::string> last;
    for (std::string const& name : names) last.push_back(name.substr(name.rfind('/') + 1));
    std::vector<std::string> sorted = last;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end()) names = std::move(last);
    std::size_t widest = 0;
    for (std::string& name : names) {
        name = harmless(name);
        // The end tells more than the beginning.
        while (width_of(name) > most_columns)
            name = "…" + name.substr(name.size() - std::min(name.size(), most_columns) + 1);
        widest = std::max(widest, width_of(name));
    }
    for (std::string& name : names) name = padded(name, widest);
}

}  // namespace

record_writer::record_writer(record_look look) : look_(std::move(look)) {
    shorten(look_.logs);
    columns_ = columns_of(look_.keys);
}

pretty_printer record_writer::printer() const {
    pretty_printer made(screen().has_colour(), look_.times);
    made.choose(look_.keys);
    return made;
}

std::string record_writer::line_of(logkit::entry const& e) const {
    switch (look_.form) {
        case record_form::csv:
            return csv_row(e, columns_);
        case record_form::tsv:
            return tsv_row(e, columns_);
        case record_form::logfmt:
            return logfmt_of(e, look_.keys);
        default:
            return look_.keys.is_open() ? std::string(e.line()) : json_of(e, look_.keys);
    }
}

shown_record record_writer::render(pretty_printer& printer, std::size_t log, logkit::entry const& e) const {
    shown_record record;
    if (look_.form != record_form::pretty) {
        record.text = line_of(e);
        if (screen().is_terminal())
            record.text = look_.form == record_form::json ? harmless_json(record.text) : harmless(record.text);
        record.text += '\n';
        return record;
    }
    if (look_.times == time_form::clock) record.day = day_of(e.unix_ns());
    if (!look_.logs.empty()) record.text = screen().paint(style::blue, look_.logs[log]) + ' ';
    printer.print(record.text, e);
    return record;
}

std::string record_writer::head() const {
    return look_.form == record_form::csv   ? csv_row(columns_.names) + '\n'
           : look_.form == record_form::tsv ? tsv_row(columns_.names) + '\n'
                                            : "";
}

void record_writer::append(std::string& out, shown_record const& record, bool is_apart) {
    if (is_apart && look_.form == record_form::pretty) out += screen().paint(style::dim, "──") + '\n';
    if (!record.day.empty() && record.day != day_) {
        out += screen().paint(style::dim, "── " + record.day + " ──") + '\n';
        day_ = record.day;
    }
    out += record.text;
}

}  // namespace tool
