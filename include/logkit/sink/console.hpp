// SPDX-License-Identifier: MIT
#pragma once

// Records on the terminal: pretty, or as JSON lines. Stage: sink.

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/render/console.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit {

// Colour, if the program does not say: FORCE_COLOR (not empty, not 0) wins over NO_COLOR (not empty,
// https://no-color.org), and that over whether the output is a terminal.
[[nodiscard]] inline bool wants_colour(int fd) noexcept {
    const auto is_set = [](const char* name) {
        const char* text = std::getenv(name);
        return text != nullptr && *text != '\0';
    };
    if (is_set("FORCE_COLOR")) return std::string_view(std::getenv("FORCE_COLOR")) != "0";
    if (is_set("NO_COLOR")) return false;
    return ::isatty(fd) == 1;
}

class console_sink final : public sink {
  public:
    enum class style { pretty, json };

    // `fd` is 1 or 2; it is not closed.
    console_sink(int fd, style chosen, bool has_colour) : fd_(fd), style_(chosen), renderer_(has_colour) {}

    void write(record const& record, std::string_view line) override {
        if (style_ == style::json)
            batch_ += line;
        else
            renderer_.render(batch_, record);
        if (batch_.size() >= 16 * 1024) flush();
    }

    // A terminal that has gone, or takes nothing for a second, is not waited for: the file has it all.
    void flush() override {
        std::string_view rest = batch_;
        while (!rest.empty()) {
            const ssize_t n = ::write(fd_, rest.data(), rest.size());
            if (n > 0) {
                rest.remove_prefix(static_cast<std::size_t>(n));
            } else if (errno == EAGAIN) {
                pollfd ready{fd_, POLLOUT, 0};
                if (::poll(&ready, 1, 1000) <= 0) break;
            } else if (errno != EINTR) {
                break;
            }
        }
        batch_.clear();
    }

  private:
    int fd_;
    style style_;
    detail::console_renderer renderer_;
    std::string batch_;
};

}  // namespace logkit
