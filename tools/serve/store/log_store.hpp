// SPDX-License-Identifier: MIT
#pragma once

// What a store of records promises, whatever it is made of. A batch is committed together with its intent: the place in
// its stream that it fills, and the request that it answers. So a batch that comes again is known again, and one that
// was acknowledged is there, once, whatever dies.
//
// append() and tend() are each called by one thread at a time; everything else by any, at any time.

#include "store/values.hpp"

#include <logkit/reader/blocks.hpp>
#include <logkit/reader/query.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace serve {

// ── what comes in ──

// A line of a batch's text, its end included.
struct record_place {
    std::uint32_t offset = 0, size = 0;
    std::uint64_t position = 0;           // in the stream; of a batch without one, 0
    std::optional<std::int64_t> time_ns;  // the record's own, since 1970
    std::uint32_t service = 0;            // in batch::services; 0: it names none
    logkit::level severity = logkit::level::info;
    bool has_failed = false, is_weighted = false;  // entry::is_failure(); it stands for more than one
};

// A line that was refused, while the position passes it.
struct refused_line {
    std::uint64_t position = 0;
    std::string reason;
};

// Which bytes of a stream a batch stands for (docs/shipping.md).
struct stream_range {
    std::string stream;
    std::uint64_t position = 0, end = 0;
    bool has_end = false;                       // it was said; the body is not the stream's bytes
    std::string before, after;                  // the client's hashes; "" for none
    std::string gap;                            // why the bytes before it are gone; "" for none
    std::vector<std::uint64_t> line_positions;  // where lines begin, blank ones too, in order
    std::vector<refused_line> refused;
    std::uint64_t refused_count = 0;  // of which at most 100 are named
};

// What became of a batch.
struct outcome {
    enum class kind : std::uint8_t {
        stored,       // also: nothing was new
        repeated,     // the request was answered before: `answer`
        reused,       // its key was used for another body
        gap,          // the stream's bytes before it are missing
        overlap,      // it begins in what the store has, and cannot be cut
        forked,       // its bytes are not those that the store has
        of_others,    // the stream came with a key of another service
        unavailable,  // not stored, and may be sent again: `reason`
    };
    kind what = kind::stored;
    std::uint64_t accepted = 0;  // newly stored
    std::uint64_t position = 0;  // up to where the store has the stream
    std::string hash;            // that came with it
    std::string answer, reason;
};

// A request that may be repeated and must be answered as at first.
struct request_key {
    std::string scope, key;  // of whom, and its Idempotency-Key
    std::uint64_t body_hash = 0;
    std::function<std::string(outcome const&)> answer;  // what is remembered
};

// A batch_builder makes them.
struct batch {
    std::string text;  // whole lines
    std::vector<record_place> records;
    std::string service;                    // of the key it came with; records that name none belong to it. "" for none
    std::vector<std::string> services{""};  // that records name, from the second on
    line_values values;                     // of all lines
    std::optional<stream_range> stream;
    std::optional<request_key> request;
};

// ── what is asked ──

// A place in the order of all records: their time, then their number, which is unique and never changes.
struct place_in_time {
    std::int64_t time_ns = 0;
    std::uint64_t number = 0;
    friend auto operator<=>(place_in_time const&, place_in_time const&) = default;
};

struct question {
    logkit::query wanted{};
    std::int64_t since_ns = std::numeric_limits<std::int64_t>::min(),
                 until_ns = std::numeric_limits<std::int64_t>::max();  // both included
    std::optional<std::string> service{};                              // only its records, whatever is wanted
    std::optional<place_in_time> behind{};                             // only what comes after it, in the order asked
    bool is_ascending = false;
    std::size_t limit = 100;
    std::size_t most_bytes = std::size_t{16} << 20;  // of lines; the page ends there
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::function<bool()> is_given_up{};  // nobody waits any more; then what is found need not be right
    std::function<void()> was_late{};     // of a scan: it ended early, for the deadline was over
};

struct found_record {
    place_in_time at;
    std::int64_t arrival_ns = 0;
    std::string line;     // without its end
    std::string service;  // of the batch's key
};

struct page {
    std::vector<found_record> records;  // in the order asked
    std::optional<place_in_time> next;  // where the next page goes on: there is, or may be, more
    bool is_partial = false;            // a limit ended it before it was full
};

// ── what is known of streams ──

struct stream_gap {
    std::uint64_t from = 0, to = 0;
    std::string reason;
};
struct stream_state {
    std::uint64_t position = 0;
    std::string hash;
    std::int64_t last_arrival_ns = 0;
    std::string service;  // of the key it came with last
    std::vector<stream_gap> gaps;
    std::vector<refused_line> refused;  // the first 100
    std::uint64_t refused_count = 0;
};

struct store_counters {
    std::uint64_t records = 0, bytes_raw = 0, bytes_stored = 0, commits = 0, failed_commits = 0, gaps = 0, damaged = 0,
                  forgotten_requests = 0, dropped_records = 0, sealed = 0;
};

// How many records of a minute, a service and a level there are.
struct minute_count {
    std::int64_t minute = 0;  // since 1970
    std::string service;
    logkit::level severity = logkit::level::info;
    std::uint64_t records = 0;
};

// How long and how much is kept, counted from arrival; 0: without a limit.
struct retention {
    std::int64_t age_ns = 0;
    std::uint64_t bytes = 0;  // as they are stored
};

class log_store {
  public:
    virtual ~log_store() = default;

    // Commits the batches together, in their order, as arrived then; one outcome for each. What it calls stored
    // survives the end of the process, and where the store was opened to sync, a loss of power.
    [[nodiscard]] virtual std::vector<outcome> append(std::span<batch const> group, std::int64_t arrival_ns) = 0;

    // The next records of an answer. Complete as of the call: what was appended before it is found.
    [[nodiscard]] virtual page find(question const& asked) = 0;

    // The records that a question is about, for all that goes through many of them: block by block, roughly the oldest
    // first, as of the call; behind, limit and order do not count. Its lines are as they were sent, but that one which
    // lacks a service or a time has that of its key, and of its arrival. A block may hold records that are not asked
    // for. It ends early where the deadline is over, and says so.
    using records = logkit::detail::block_reader;
    [[nodiscard]] virtual std::unique_ptr<records> scan(question const& asked) = 0;
    // From when on what is asked for is about so many bytes of lines, the newest ones; the question's own beginning,
    // where it is not more.
    [[nodiscard]] virtual std::int64_t newest_part(question const& asked, std::uint64_t bytes) const = 0;
    // Calls visit for counts that are about all records of whole minutes from `since` on, before `until`; empty: what
    // it would take is not known, or some record stands for several.
    [[nodiscard]] virtual bool count_minutes(std::int64_t since_minute, std::int64_t until_minute,
                                             std::function<void(minute_count const&)> const& visit) const = 0;

    // Does a piece of what is to be done now and then: makes large pieces of small ones, throws away what is not to be
    // kept. False: there was nothing to do. By one thread at a time.
    virtual bool tend(retention const& kept, std::int64_t now_ns) = 0;

    [[nodiscard]] virtual std::vector<std::pair<std::string, stream_state>> streams() const = 0;
    [[nodiscard]] virtual store_counters counters() const = 0;
    // Why nothing can be appended just now; "" if it can.
    [[nodiscard]] virtual std::string trouble() const = 0;
};

}  // namespace serve
