// SPDX-License-Identifier: MIT
#pragma once

// Reading logs: what the `logkit` command does, for programs. Not part of <logkit.hpp>; needs simdjson and RE2, and
// zlib and zstd for compressed files (CMake: logkit::reader).
//
//   logkit::query wanted;
//   wanted.require_level("warning+");
//   wanted.require("user=ada");
//   logkit::read_logs(logkit::open_logs({"run.log*"}), wanted, [](logkit::entry const& e) {
//       std::cout << e.event() << ' ' << e.find("user").text() << '\n';
//       return true;  // go on
//   });

#include <string_view>
#include <vector>

#include <logkit/reader/blocks.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/exception.hpp>
#include <logkit/reader/find_text.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/log_file.hpp>
#include <logkit/reader/log_files.hpp>
#include <logkit/reader/name_mapper.hpp>
#include <logkit/reader/otlp.hpp>
#include <logkit/reader/own_line.hpp>
#include <logkit/reader/query.hpp>
#include <logkit/reader/record_names.hpp>
#include <logkit/reader/record_reader.hpp>
#include <logkit/reader/scan.hpp>
#include <logkit/reader/severity.hpp>
#include <logkit/reader/stack_text.hpp>
#include <logkit/reader/text_record.hpp>
#include <logkit/reader/time.hpp>
#include <logkit/reader/time_forms.hpp>
#include <logkit/reader/units.hpp>
#include <logkit/reader/unnamed_keys.hpp>
#include <logkit/reader/wrapped_lines.hpp>

namespace logkit {

// Calls visit(entry) → bool for each wanted record, in the order of the files, on the caller's thread, until it returns
// false. The entry is valid during the call. What cannot be read is passed over and counted. Throws log_file_error,
// and what visit throws.
template <class Visit>
line_counts read_logs(std::vector<log_file> const& files, query const& wanted, Visit&& visit) {
    detail::forward_reader blocks(files);
    record_reader records;
    bool goes_on = true;
    block lines;
    while (goes_on && blocks.next(lines))
        records.read(lines.text(), wanted, [&](entry const& e, std::size_t) {
            if (goes_on) goes_on = visit(e);
        });
    return records.counts();
}

}  // namespace logkit
