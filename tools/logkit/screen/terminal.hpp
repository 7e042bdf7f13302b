// SPDX-License-Identifier: MIT
#pragma once

// What a person sees: colours, width, pager, progress. Results go to standard output, everything else to standard
// error. Text from a log reaches either only through harmless() (render/terminal_text.hpp).

#include "insight/json.hpp"
#include "insight/text.hpp"

#include <logkit/render/terminal_text.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tool {

using namespace insight;
using logkit::detail::harmless;
using logkit::detail::width_of;

enum class style { plain, dim, bold, red, green, yellow, blue, cyan, bold_red };

class terminal {
  public:
    // `colour`: "auto" (a terminal and not NO_COLOR, or FORCE_COLOR), "always", "never".
    void choose_colour(std::string_view colour);
    // Sends standard output through $PAGER (less), if it is a terminal.
    void start_pager();

    [[nodiscard]] bool has_colour() const noexcept { return has_colour_; }
    [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }
    // In columns: of the terminal, or COLUMNS, or 120.
    [[nodiscard]] std::size_t width() const;

    // Text of our own, or text already harmless, in a colour.
    [[nodiscard]] std::string paint(style with, std::string_view text) const;

    // Lines that are longer than the screen, broken at blanks; what goes on stands so many columns further in. Only on
    // a terminal, or where COLUMNS says how wide one is.
    [[nodiscard]] std::string fit(std::string_view text, std::size_t indent) const;

    // To standard output, at once. Ends the process quietly when nobody reads it any more.
    void write(std::string_view text) const;

  private:
    bool has_colour_ = false;
    bool is_terminal_ = false;
};

// The one of this process.
[[nodiscard]] terminal& screen();

// A line on standard error, with the program's name in front.
void say(std::string_view text);

// A document on one line.
void print_json(json const& document);

// A bar of so many columns for a part (0 to 1) of the whole.
[[nodiscard]] std::string bar(double part, std::size_t columns);
// Text in so many columns: cut, or filled up with blanks behind it, or before it.
[[nodiscard]] std::string padded(std::string_view text, std::size_t columns);
[[nodiscard]] std::string right(std::string_view text, std::size_t columns);

// How far a long job is, on standard error if that is a terminal and it takes more than a second.
class progress {
  public:
    explicit progress(std::uint64_t whole_bytes);
    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;
    ~progress();
    void advance_to(std::uint64_t bytes);

  private:
    std::uint64_t whole_;
    std::int64_t start_ns_, shown_ns_ = 0;
    bool is_terminal_;
};

}  // namespace tool
