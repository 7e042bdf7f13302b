// SPDX-License-Identifier: MIT
#pragma once

// What is written to std::cerr, std::clog, std::cout or another stream, as records (docs/bridges.md). Stage: adapter,
// opt-in.
//
//   const logkit::stream_bridge bridge(std::cerr, "cerr", logkit::level::error);   // until it goes

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

#include <logkit/adapter/relay.hpp>
#include <logkit/base/bounded_mutex.hpp>

namespace logkit {

// Takes the stream's buffer, and gives it back in the end, with what has no line end yet told. Each line of each thread
// is a record, whose `src` is the stream's name, under the writing thread's context; what threads write at the same
// time does not mix. What a sink or processor writes goes where it went before. No thread may write while the bridge is
// made or goes: a stream's buffer is changed then.
class [[nodiscard]] stream_bridge : public std::streambuf {
  public:
    // `name` is a literal.
    stream_bridge(std::ostream& stream, const char* name, level severity = level::info)
        : stream_(stream), where_{name, "", 0}, severity_(severity), before_(stream.rdbuf(this)) {}
    stream_bridge(stream_bridge const&) = delete;
    stream_bridge& operator=(stream_bridge const&) = delete;
    ~stream_bridge() override {
        if (stream_.rdbuf() == this) stream_.rdbuf(before_);
        for (auto* later = dynamic_cast<stream_bridge*>(stream_.rdbuf()); later != nullptr;
             later = dynamic_cast<stream_bridge*>(later->before_))
            if (later->before_ == this) later->before_ = before_;
        for (auto const& [thread, rest] : begun_)
            if (!rest.empty()) relay(log, severity_, rest, where_);
    }

  private:
    static constexpr std::size_t longest = 64 * 1024;  // what goes on longer without a line end is told in pieces
    static constexpr std::uint64_t patience_ns = 1'000'000'000;

    std::streamsize xsputn(const char* text, std::streamsize size) override {
        if (detail::this_inside.is_inside) return before_->sputn(text, size);
        take({text, static_cast<std::size_t>(size)});
        return size;
    }
    int_type overflow(int_type c) override {
        if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
        const char one = traits_type::to_char_type(c);
        return xsputn(&one, 1) == 1 ? c : traits_type::eof();
    }
    // Not the end of a line: std::cerr is flushed after each of its parts.
    int sync() override { return detail::this_inside.is_inside ? before_->pubsync() : 0; }

    void take(std::string_view text) {
        static std::atomic<std::uint64_t> threads{0};
        static thread_local const std::uint64_t self = ++threads;  // never another's again, unlike thread ids
        while (!text.empty()) {
            // A forked child may find it locked by a thread that it has not.
            if (!mutex_.try_lock_until(detail::deadline_after(patience_ns)))
                return void(before_->sputn(text.data(), static_cast<std::streamsize>(text.size())));
            std::unique_lock lock(mutex_, std::adopt_lock);
            std::string& begun = begun_[self];
            if (!take_line(begun, text)) return;
            const std::string line = std::move(begun);
            begun_.erase(self);
            lock.unlock();
            if (!line.empty()) relay(log, severity_, line, where_);
        }
    }
    // Moves up to a line's end, or a piece, from `text` to `line`. False: it goes on.
    [[nodiscard]] static bool take_line(std::string& line, std::string_view& text) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::size_t size = std::min(end, longest - line.size());
        while (size < end && size > 1 && (text[size] & 0xc0) == 0x80) --size;  // not within a character
        const bool has_end = size == end && end < text.size(), is_piece = size < end;
        line += text.substr(0, size);
        text.remove_prefix(size + (has_end ? 1 : 0));
        return has_end || is_piece;
    }

    std::ostream& stream_;
    source_location where_;
    level severity_;
    std::streambuf* before_;
    detail::bounded_mutex mutex_{};
    std::map<std::uint64_t, std::string> begun_{};  // by thread
};

}  // namespace logkit
