// SPDX-License-Identifier: MIT
#include "screen/terminal.hpp"

#include <logkit/base/clock.hpp>
#include <logkit/base/text_parts.hpp>

#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace tool {
namespace {

pid_t pager = 0;

// The pager goes on showing what it has until it is told to end.
void wait_for_pager() {
    ::close(STDOUT_FILENO);
    while (pager != 0 && ::waitpid(pager, nullptr, 0) < 0 && errno == EINTR) {
    }
}

[[nodiscard]] bool is_set(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

[[nodiscard]] std::int64_t steady_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Without colours.
[[nodiscard]] std::size_t visible_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        if (text.starts_with("\x1b["))
            text.remove_prefix(std::min(text.find('m'), text.size() - 1) + 1);
        else
            width += width_of(logkit::detail::take_utf8(text));
    }
    return width;
}

}  // namespace

terminal& screen() {
    static terminal the_one;
    return the_one;
}

void terminal::choose_colour(std::string_view colour) {
    is_terminal_ = ::isatty(STDOUT_FILENO) == 1;
    has_colour_ =
        colour == "always" || (colour == "auto" && !is_set("NO_COLOR") && (is_terminal_ || is_set("FORCE_COLOR")));
}

void terminal::start_pager() {
    const char* const chosen = std::getenv("PAGER");
    const std::string command = chosen == nullptr ? "less || cat" : chosen;
    int ends[2];
    if (!is_terminal_ || command.empty() || command == "cat" || ::pipe(ends) != 0) return;
    pager = ::fork();
    if (pager == 0) {
        ::dup2(ends[0], STDIN_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        ::setenv("LESS", "FRX", 0);  // quit if it fits on a screen, keep colours, leave the text behind
        ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        ::_exit(127);
    }
    if (pager > 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        std::atexit(wait_for_pager);
    }
    ::close(ends[0]);
    ::close(ends[1]);
}

std::string terminal::fit(std::string_view text, std::size_t indent) const {
    if (!is_terminal_ && !is_set("COLUMNS")) return std::string(text);
    const std::size_t most = width();
    std::string out;
    while (!text.empty()) {
        const bool has_end = text.find('\n') != std::string_view::npos;
        std::string_view line = logkit::detail::take_until(text, '\n');
        const std::size_t margin = std::min(line.find_first_not_of(' '), most / 2) + indent;
        // Where the line may be broken: fields have two blanks between them, words have one.
        std::size_t column = 0, start = out.size(), blank = std::string::npos, gap = std::string::npos;
        while (!line.empty()) {
            if (line.starts_with("\x1b[")) {  // a colour, which takes no room
                const std::size_t end = std::min(line.find('m'), line.size() - 1) + 1;
                out += line.substr(0, end);
                line.remove_prefix(end);
                continue;
            }
            const std::string_view sequence = logkit::detail::take_utf8(line);
            if (sequence == " " && column > margin) {
                if (column > margin + (most - margin) / 3 && blank + 1 == out.size()) gap = blank;
                blank = out.size();
            }
            out += sequence;
            column += width_of(sequence);
            if (column <= most || blank == std::string::npos) continue;
            // What stands behind the last blank goes to the next line.
            if (gap != std::string::npos) blank = gap;
            std::size_t next = blank;
            while (next < out.size() && out[next] == ' ') ++next;
            const std::string rest = out.substr(next);
            out.resize(blank);
            while (out.size() > start && out.back() == ' ') out.pop_back();
            out += '\n' + std::string(margin, ' ');
            start = out.size();
            out += rest;
            column = margin + visible_width(rest);
            blank = gap = std::string::npos;
        }
        if (has_end) out += '\n';
    }
    return out;
}

std::size_t terminal::width() const {
    if (const char* const columns = std::getenv("COLUMNS"))
        if (const long given = std::strtol(columns, nullptr, 10); given >= 40)
            return static_cast<std::size_t>(std::min(given, 1000L));
    winsize size{};
    if (is_terminal_ && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
    return 120;
}

std::string terminal::paint(style with, std::string_view text) const {
    if (!has_colour_ || with == style::plain) return std::string(text);
    constexpr std::string_view codes[] = {"", "2", "1", "31", "32", "33", "34", "36", "1;31"};
    return "\x1b[" + std::string(codes[static_cast<std::size_t>(with)]) + 'm' + std::string(text) + "\x1b[0m";
}

void terminal::write(std::string_view text) const {
    while (!text.empty()) {
        const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            if (errno != EPIPE) std::perror("logkit: standard output");
            std::exit(errno == EPIPE ? 0 : 3);
        }
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

void say(std::string_view text) {
    std::fprintf(stderr, "logkit: %.*s\n", static_cast<int>(text.size()), text.data());
}

void print_json(json const& document) {
    screen().write(document_text(document) + '\n');
}

std::string bar(double part, std::size_t columns) {
    constexpr std::string_view eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto count = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(columns) * 8 + 0.5);
    std::string text;
    for (std::size_t i = 0; i < count / 8; ++i) text += "█";
    return text + std::string(eighths[count % 8]);
}

std::string padded(std::string_view text, std::size_t columns) {
    std::string out = cut(text, columns);
    out.append(columns - logkit::detail::width_of(out), ' ');
    return out;
}
std::string right(std::string_view text, std::size_t columns) {
    const std::size_t width = logkit::detail::width_of(text);
    return std::string(width < columns ? columns - width : 0, ' ') + std::string(text);
}

progress::progress(std::uint64_t whole_bytes)
    : whole_(whole_bytes), start_ns_(steady_ns()), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

progress::~progress() {
    if (shown_ns_ != 0) std::fputs("\r\x1b[K", stderr);
}

void progress::advance_to(std::uint64_t bytes) {
    if (!is_terminal_ || whole_ == 0) return;
    const std::int64_t now = steady_ns();
    if (now - start_ns_ < 1'000'000'000 || now - shown_ns_ < 100'000'000) return;
    shown_ns_ = now;
    const double part = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(whole_));
    const double seconds = static_cast<double>(now - start_ns_) / 1e9;
    const auto filled = static_cast<int>(part * 30);
    std::fprintf(stderr, "\r%.*s%.*s %3.0f %%  %.1f GB/s ", filled * 3, "██████████████████████████████", 30 - filled,
                 "                              ", part * 100, static_cast<double>(bytes) / seconds / 1e9);
}

}  // namespace tool
