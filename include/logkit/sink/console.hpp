// SPDX-License-Identifier: MIT
#pragma once

// Records on the terminal: pretty, or as JSON lines. Stage: sink.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/clock.hpp>
#include <logkit/base/environment_text.hpp>
#include <logkit/call/text_door.hpp>
#include <logkit/render/console.hpp>
#include <logkit/sink/console_output.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit {

// Colour, if the program does not say: FORCE_COLOR (not empty, not 0) wins over NO_COLOR (not empty,
// https://no-color.org), and that over whether the output is a terminal.
[[nodiscard]] inline bool wants_colour(int fd) noexcept {
    const auto is_set = [](const char* name) {
        const char* text = detail::environment_text(name);
        return text != nullptr && *text != '\0';
    };
    if (is_set("FORCE_COLOR")) return std::string_view(detail::environment_text("FORCE_COLOR")) != "0";
    if (is_set("NO_COLOR")) return false;
    return ::isatty(fd) == 1;
}

namespace detail {
// Lines that a console did not get because nobody read it.
inline constinit std::atomic<std::uint64_t> console_lines_missed{0};
}  // namespace detail

// Nobody is waited for who does not read: a console that takes nothing for `patience` keeps up to 1 MiB of lines; of
// those beyond that it says how many are missing, there, when it is read again.
class console_sink final : public sink {
  public:
    enum class style { pretty, json };

    // `fd` is 1 or 2; it is not closed.
    console_sink(int fd, style chosen, bool has_colour, bool is_utc = true,
                 std::chrono::milliseconds patience = std::chrono::milliseconds(50))
        : output_(fd),
          style_(chosen),
          renderer_(has_colour, is_utc),
          patience_ms_(static_cast<int>(patience.count())) {}

    void write(record const& record, std::string_view line) override {
        if (waiting() >= most_waiting) return missed(1);
        say_what_is_missing();
        if (style_ == style::json)
            text_ += line;
        else
            renderer_.render(text_, record);
        if (waiting() >= 16 * 1024 && state_ != sink_state::stalled) flush();
    }

    void flush() override {
        send();
        if (missing_ == 0 || waiting() != 0) return;
        say_what_is_missing();
        send();
    }

    void missed(std::uint64_t records) override {
        missing_ += records;
        detail::console_lines_missed.fetch_add(records, std::memory_order_relaxed);
    }
    [[nodiscard]] sink_state state() const noexcept override { return state_; }

  private:
    static constexpr std::size_t most_waiting = 1024 * 1024;

    [[nodiscard]] std::size_t waiting() const noexcept { return text_.size() - sent_; }

    // In sum, not at each call: who has once waited in vain tries only, until something is taken again.
    void send() {
        while (waiting() != 0) {
            const ssize_t n = output_.write_some(std::string_view{text_}.substr(sent_));
            if (n < 0) {  // it is gone, and the log has it all
                sent_ = text_.size();
                missing_ = 0;
            } else if (n > 0) {
                sent_ += static_cast<std::size_t>(n);
                state_ = sink_state::behind;
            } else if (state_ == sink_state::stalled || !output_.wait(patience_ms_)) {
                state_ = sink_state::stalled;
                break;
            }
        }
        output_.let_go();
        if (waiting() == 0) state_ = sink_state::done;
        if (waiting() != 0 && sent_ < text_.size() / 2) return;
        text_.erase(0, sent_);
        sent_ = 0;
        if (text_.capacity() > 4 * kept_capacity && text_.size() < kept_capacity) text_.shrink_to_fit();
    }
    static constexpr std::size_t kept_capacity = 64 * 1024;

    void say_what_is_missing() {
        if (missing_ == 0) return;
        const std::string count = std::to_string(std::exchange(missing_, 0));
        if (style_ == style::pretty)
            text_ += "… " + count + " lines are missing here: nobody read them in time\n";
        else
            text_ += R"({"timestamp":")" +
                     detail::timestamp_text(static_cast<std::int64_t>(detail::clock_ns(CLOCK_REALTIME))) +
                     R"(","level":"warning","event":"lines are missing here: nobody read them in time","missing":)" +
                     count +
                     R"(,"logger":"logkit"})"
                     "\n";
    }

    detail::console_output output_;
    style style_;
    detail::console_renderer renderer_;
    int patience_ms_;
    std::string text_{};    // what has been sent, and then what waits
    std::size_t sent_ = 0;  // of it
    std::uint64_t missing_ = 0;
    std::atomic<sink_state> state_{sink_state::done};
};

}  // namespace logkit
