// SPDX-License-Identifier: MIT
#pragma once

// The embedded store: segments, files of frames, one append and one sync a commit.
//
//   append ─► ledger_draft: which batches are new? ─► frame ─► append ─► sync ─► ledger, index ─► outcomes
//                                                       └─ fails ─► cut back, and left: the next commit begins a
//                                                       segment
//   find   ─► frames whose times are wanted, the first ones first ─► what is known of them ─► unpack ─► page_maker
//   tend   ─► what is too old: its intents into the past, its file away (keeping.cpp)
//          └► segments that take nothing more ─► one, of large frames, in their place (sealing.cpp)
//
// A segment's name is the day it was begun on and the number of its first record, as 2026-11-27-0000000000000042.zst.
// docs/segments.md draws the bytes, and says what a crash can leave and how it is recovered.

#include "store/ledger.hpp"
#include "store/log_store.hpp"
#include "store/segments/disk.hpp"
#include "store/segments/frame.hpp"
#include "store/segments/frame_maker.hpp"
#include "store/segments/reserve.hpp"
#include "store/segments/segment.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace serve {

struct segment_settings {
    bool syncs = true;
    bool is_read_only = false;  // nothing is cut, nothing appended: to look at what is there
    bool is_growing = false;    // and a server appends to it meanwhile
    std::uint64_t largest_segment = std::uint64_t{256} << 20;
    std::size_t most_commits = 1'024;                     // of a segment, before it is sealed
    std::uint64_t sealed_frame = std::uint64_t{1} << 20;  // of lines, about
    std::shared_ptr<disk_reserve> reserve{};              // null: nobody looks whether the disk is full
    std::function<void(std::string const&)> say = [](std::string const&) {};  // what is damaged, once
    std::function<bool()> is_ending = [] { return false; };                   // what tend() does can wait
};

class segment_store final : public log_store {
  public:
    // Recovers what is there. Throws std::runtime_error where the folder cannot be read, newer_format where a newer
    // version wrote it.
    segment_store(std::unique_ptr<disk> where, segment_settings s);
    ~segment_store() override;

    [[nodiscard]] std::vector<outcome> append(std::span<batch const> group, std::int64_t arrival_ns) override;
    [[nodiscard]] page find(question const& asked) override;
    [[nodiscard]] std::unique_ptr<records> scan(question const& asked) override;
    [[nodiscard]] std::int64_t newest_part(question const& asked, std::uint64_t bytes) const override;
    [[nodiscard]] bool count_minutes(std::int64_t since_minute, std::int64_t until_minute,
                                     std::function<void(minute_count const&)> const& visit) const override;
    bool tend(retention const& kept, std::int64_t now_ns) override;
    [[nodiscard]] std::vector<std::pair<std::string, stream_state>> streams() const override;
    [[nodiscard]] store_counters counters() const override;
    [[nodiscard]] std::string trouble() const override;

    // Reads every frame; returns at how many places the store is damaged, and says where.
    [[nodiscard]] std::uint64_t verify();
    // Writes damaged segments again without what is damaged, which is put aside. Returns how many. Nobody else uses the
    // store meanwhile.
    std::uint64_t repair();

  private:
    class frame_records;
    using segment_list = std::vector<std::shared_ptr<segment>>;

    void recover();
    [[nodiscard]] bool is_gone(std::string const& name, std::uint64_t last_number);
    void recover_past(std::vector<std::string> const& names);
    void recover_segment(std::string const& name, bool is_last);
    void put_aside(segment& of, std::uint64_t from, std::uint64_t size, std::string const& suffix);
    void count(segment const& of, bool is_new) noexcept;

    [[nodiscard]] bool is_full() const noexcept { return settings_.reserve != nullptr && settings_.reserve->is_full(); }
    [[nodiscard]] int write(std::string_view bytes, std::int64_t arrival_ns);
    void publish(frame_footer const& footer, std::size_t size) noexcept;
    [[nodiscard]] int begin_segment(std::int64_t arrival_ns);

    // `packed`, `footer`: scratch; the lines are at the front of `lines`, with line_padding behind them.
    [[nodiscard]] bool read_frame(frame_ref const& ref, std::string& packed, std::vector<char>& lines,
                                  frame_footer& footer);
    // Whether lines are asked for, or the records in them, of which a line may hold several.
    enum class frames_of : std::uint8_t { lines, records };
    [[nodiscard]] std::vector<frame_ref> frames_for(question const& asked, frames_of how) const;
    void search_frame(frame_ref const& ref, question const& asked, class page_maker& into);

    void close_active(retention const& kept, std::int64_t now_ns);
    [[nodiscard]] bool drop_old(retention const& kept, std::int64_t now_ns);
    [[nodiscard]] int write_past(ledger const& past, std::uint64_t last_number);
    [[nodiscard]] static bool apply_intents(disk_file const& of, std::uint64_t offset, std::uint64_t size, ledger& to);
    [[nodiscard]] static bool apply_intents_of(segment const& of, ledger& to);
    [[nodiscard]] segment_list choose_for_sealing() const;
    [[nodiscard]] bool seal(segment_list const& inputs, std::int64_t now_ns);
    void note_damage(segment& of);
    void replace(segment_list const& inputs, std::shared_ptr<segment> made);

    segment_settings settings_;
    std::unique_ptr<disk> disk_;

    std::mutex appending_;  // of these, while a commit is made, or a segment closed
    frame_packer packer_;
    frame_maker maker_;
    std::shared_ptr<segment> active_;  // null: the next commit begins one
    std::uint64_t good_size_ = 0;      // of the active one: what is acknowledged
    bool must_cut_ = false;            // it holds more than that
    std::uint64_t next_number_ = 1;

    mutable std::mutex mutex_;  // of all below; taken behind the other one
    ledger ledger_;
    segment_list segments_;
    std::string past_;  // the file that has what was dropped; "": nothing was
    std::uint64_t past_number_ = 0;
    store_counters counters_;
    std::string trouble_;
    std::chrono::steady_clock::time_point failed_at_;
    std::int64_t forgot_ns_ = 0;  // when tend() looked for what is to be forgotten
    bool has_said_full_ = false, has_said_not_dropped_ = false;
};

}  // namespace serve
