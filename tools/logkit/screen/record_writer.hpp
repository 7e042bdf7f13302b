// SPDX-License-Identifier: MIT
#pragma once

// Records one after the other, in the form that was asked for.

#include "insight/record_forms.hpp"
#include "screen/pretty.hpp"

#include <logkit/reader.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tool {

using namespace insight;

enum class record_form : std::uint8_t { pretty, json, csv, tsv, logfmt };

struct record_look {
    record_form form = record_form::pretty;
    time_form times = time_form::clock;
    key_choice keys{};
    std::vector<std::string> logs{};  // a name for each log, where there are several

    [[nodiscard]] bool is_table() const noexcept { return form == record_form::csv || form == record_form::tsv; }
};

// A record's text, and the day it belongs to.
struct shown_record {
    std::string text, day;
};

class record_writer {
  public:
    explicit record_writer(record_look look);

    // One for each thread that renders.
    [[nodiscard]] pretty_printer printer() const;
    // `log`: which of the look's logs it is from.
    [[nodiscard]] shown_record render(pretty_printer& printer, std::size_t log, logkit::entry const& e) const;
    // What stands above all records; "" of most forms.
    [[nodiscard]] std::string head() const;
    // For people, with a line between days, and with one where records were left out.
    void append(std::string& out, shown_record const& record, bool is_apart = false);

  private:
    [[nodiscard]] std::string line_of(logkit::entry const& e) const;

    record_look look_;
    column_list columns_;
    std::string day_;
};

}  // namespace tool
