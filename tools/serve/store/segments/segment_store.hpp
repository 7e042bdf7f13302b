// SPDX-License-Identifier: MIT
#pragma once

// The embedded store: segments, files of frames, one append and one sync a commit.
//
//   append ─► ledger_draft: which batches are new? ─► frame ─► append ─► sync ─► ledger, index ─► outcomes
//                                                       └─ fails ─► cut back, and left: the next commit begins a
//                                                       segment
//   find   ─► frames whose times are wanted, the first ones first ─► unpack ─► page_maker
//
// A segment's name is the day it was begun on and the number of its first record, as 2026-11-27-0000000000000042.zst.
// docs/segments.md draws the bytes, and says what a crash can leave and how it is recovered.

#include "store/ledger.hpp"
#include "store/log_store.hpp"
#include "store/segments/disk.hpp"
#include "store/segments/frame.hpp"

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
    std::function<void(std::string const&)> say = [](std::string const&) {};  // what is damaged, once
};

class segment_store final : public log_store {
  public:
    // Recovers what is there. Throws std::runtime_error where the folder cannot be read.
    segment_store(std::unique_ptr<disk> where, segment_settings s);
    ~segment_store() override;

    [[nodiscard]] std::vector<outcome> append(std::span<batch const> group, std::int64_t arrival_ns) override;
    [[nodiscard]] page find(question const& asked) override;
    [[nodiscard]] std::vector<std::pair<std::string, stream_state>> streams() const override;
    [[nodiscard]] store_counters counters() const override;
    [[nodiscard]] std::string trouble() const override;

    // Reads every frame; returns at how many places the store is damaged, and says where.
    [[nodiscard]] std::uint64_t verify();

  private:
    struct frame;
    struct segment;
    struct frame_ref;

    void recover();
    void recover_segment(std::string const& name, bool is_last);
    void index_frame(segment& of, std::uint64_t offset, frame_footer const& footer);
    void put_aside(segment& of, std::uint64_t from, std::uint64_t size);
    [[nodiscard]] int write(std::string_view bytes, std::int64_t arrival_ns);
    void publish(frame_footer const& footer, std::size_t size) noexcept;
    [[nodiscard]] int begin_segment(std::int64_t arrival_ns);
    [[nodiscard]] bool read_frame(frame_ref const& ref, std::string& lines);
    [[nodiscard]] std::vector<frame_ref> frames_for(question const& asked) const;

    segment_settings settings_;
    std::unique_ptr<disk> disk_;

    // Of the one that appends.
    frame_packer packer_;
    std::string lines_;
    std::shared_ptr<segment> active_;  // null: the next commit begins one
    std::uint64_t good_size_ = 0;      // of the active one: what is acknowledged
    bool must_cut_ = false;            // it holds more than that
    std::uint64_t next_number_ = 1;

    mutable std::mutex mutex_;  // of all below
    ledger ledger_;
    std::vector<std::shared_ptr<segment>> segments_;
    store_counters counters_;
    std::string trouble_;
    std::chrono::steady_clock::time_point failed_at_;
};

}  // namespace serve
