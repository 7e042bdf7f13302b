// SPDX-License-Identifier: MIT
#pragma once

// Failures, grouped by what they have in common: their fingerprint.
//
// What a failure is: entry::is_failure. Its fingerprint is the exception's type (or, where it has none, the record's
// message without its variable parts) and the first frame of its stack that is the program's own; without a stack, the
// record's source; where that leaves nothing to tell two apart, what the exception says, without its variable parts;
// without an exception, the message so, and the source. An exception that leaves several spans
// of a trace, and is logged on its way, is one failure: that of the record that told of it first.

#include "insight/gather.hpp"

#include <logkit/reader.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace insight {

// How many different hashes were added: exact up to `size`, beyond that within about 3 %. (The k smallest hashes of n
// evenly spread ones tell n: Bar-Yossef et al. 2002.)
class distinct_count {
  public:
    void add(std::uint64_t hash);
    [[nodiscard]] std::uint64_t estimate() const noexcept;

  private:
    static constexpr std::size_t size = 1024;
    std::set<std::uint64_t> smallest_;
};

// What a failing record says of itself.
struct failure {
    place at;
    std::optional<std::int64_t> unix_ns;
    logkit::level severity = logkit::level::error;
    std::string type, message, frame, src, span, trace_id;
    std::vector<std::uint64_t> causes;  // hashes of the exceptions nested in it
    bool has_exception = false;
    bool has_type = false;  // of the exception; else `type` is the message, without its variable parts
    bool is_span = false;   // a failed span without an exception: its message is its name, which has no variable parts
    double weight = 1;
    std::string line;

    // The message without its variable parts.
    [[nodiscard]] std::string message_template() const;
};

[[nodiscard]] failure describe_failure(logkit::entry const& e, place at);

struct failure_group {
    std::string fingerprint;
    failure example;  // the first one
    std::uint64_t count = 0, records = 0;
    std::optional<std::int64_t> first, last;
    std::string last_trace_id;
    distinct_count traces;

    // "payment_declined: card declined for order {}", or the message.
    [[nodiscard]] std::string title() const;
    // Where: "charge() · db.query · shop.cpp:13".
    [[nodiscard]] std::string where() const;
};

class failure_groups {
  public:
    // In the order of the files.
    void add(failure f);
    // The most frequent first; of the same count, the one that came first.
    [[nodiscard]] std::vector<failure_group const*> sorted() const;
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t records() const noexcept { return records_; }

  private:
    [[nodiscard]] std::optional<std::size_t> recall(failure const& f, std::uint64_t passage) const;
    void remember(std::uint64_t passage, std::size_t group);

    std::deque<failure_group> groups_;
    std::unordered_map<std::string, std::size_t> by_fingerprint_;
    // Exceptions seen lately in a trace, so that their next record is not a new failure.
    static constexpr std::size_t most_remembered = 65'536;
    std::unordered_map<std::uint64_t, std::size_t> passages_;
    std::deque<std::uint64_t> remembered_;
    std::uint64_t count_ = 0, records_ = 0;
};

// All failures of what is wanted.
[[nodiscard]] failure_groups gather_failures(source const& from, scan_report& scanned);

}  // namespace insight
