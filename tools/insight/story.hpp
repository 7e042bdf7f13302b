// SPDX-License-Identifier: MIT
#pragma once

// One trace as a tree: its spans, what each took, and the records inside them.

#include "insight/gather.hpp"

#include <logkit/reader.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace insight {

// Of a record whose time is not known. In a story it has that of the record before it.
inline constexpr std::int64_t no_time = std::numeric_limits<std::int64_t>::min();

// A record of the trace, kept.
struct trace_record {
    place at;
    std::int64_t unix_ns = no_time;
    std::string line;
    std::string span_id;
    bool is_end = false;
};
[[nodiscard]] trace_record record_of(logkit::entry const& e, place at);

struct span_node {
    std::string id, parent_id, name, status;
    std::optional<std::size_t> end;  // its END among the records; none: it never ended, or its END was lost
    std::int64_t start_ns = 0, end_ns = 0;
    double dur_ms = 0, self_ms = 0;  // self: while none of its children ran
    bool has_failed = false;
    std::vector<std::size_t> children;  // spans
    std::vector<std::size_t> records;   // logged inside, without those of the children
};

// Keys, and values as JSON.
using field_list = std::vector<std::pair<std::string, std::string>>;

// Fields that every record has with the same value; none of a single record.
[[nodiscard]] field_list common_fields(std::vector<trace_record> const& records);

class story {
  public:
    // All records of the trace.
    explicit story(std::vector<trace_record> records);

    [[nodiscard]] std::vector<trace_record> const& records() const noexcept { return records_; }
    [[nodiscard]] std::vector<span_node> const& spans() const noexcept { return spans_; }
    // Spans that have no parent here, in the order of time.
    [[nodiscard]] std::vector<std::size_t> const& roots() const noexcept { return roots_; }
    // Records outside of all spans.
    [[nodiscard]] std::vector<std::size_t> const& loose() const noexcept { return loose_; }
    // Does any record say when it was?
    [[nodiscard]] bool has_times() const noexcept { return has_times_; }
    [[nodiscard]] std::int64_t start_ns() const noexcept { return start_ns_; }
    [[nodiscard]] std::int64_t end_ns() const noexcept { return end_ns_; }
    [[nodiscard]] double dur_ms() const noexcept { return static_cast<double>(end_ns_ - start_ns_) / 1e6; }
    // Some span or record failed; some span has no END.
    [[nodiscard]] bool has_failed() const noexcept;
    [[nodiscard]] bool is_open() const noexcept;
    // The innermost span that failed first; none: nothing failed.
    [[nodiscard]] std::optional<std::size_t> failed_span() const;

  private:
    void fill_times();
    void read_ends();
    void link();
    void measure();

    std::vector<trace_record> records_;
    std::vector<span_node> spans_;
    std::vector<std::size_t> roots_, loose_;
    std::int64_t start_ns_ = 0, end_ns_ = 0;
    bool has_times_ = false, has_failure_ = false;
};

// Calls use(entry) with a kept line parsed again.
template <class Use>
void with_entry(std::string const& line, Use&& use) {
    thread_local logkit::detail::line_parser parser;
    if (parser.parse_copy(line) != logkit::detail::line_state::unreadable) use(parser.entry());
}

// The id of the last trace in which a wanted record failed; "" where none did. Plain files (log_file::make_plain).
[[nodiscard]] std::string last_failed_trace(source const& from);
// That of the wanted span which took longest; "" where none has ended.
[[nodiscard]] std::string slowest_trace(source const& from);
// The ids of the traces in which a record is wanted. Throws question_error where they are more than 100,000.
[[nodiscard]] std::vector<std::string> trace_ids_of(source const& from);

// What of the source is wanted does not count in these two: a trace is told whole.
//
// The records of the trace whose id begins so. Throws question_error where several traces begin so.
[[nodiscard]] std::vector<trace_record> gather_trace(source const& from, std::string const& id, scan_report& scanned);

// The records of the traces of these ids, by trace, in order.
[[nodiscard]] std::map<std::string, std::vector<trace_record>> gather_traces(source const& from,
                                                                             std::vector<std::string> const& traces);

}  // namespace insight
