// SPDX-License-Identifier: MIT
#pragma once

// An entry as the development console would have shown it (render/console.hpp).

#include "insight/record_forms.hpp"

#include <logkit.hpp>
#include <logkit/reader.hpp>
#include <logkit/render/console.hpp>

#include <cstdint>
#include <string>

namespace tool {

using namespace insight;

// How times are shown: the time of the day, RFC 3339 with the zone's offset, seconds since 1970.
enum class time_form : std::uint8_t { clock, full, epoch };

class pretty_printer {
  public:
    explicit pretty_printer(bool has_colour, time_form times = time_form::clock)
        : renderer_(has_colour), times_(times) {}
    // Appends the lines of the record.
    void print(std::string& out, logkit::entry const& e);
    // Only these of the program's own fields.
    void choose(key_choice keys) { keys_ = std::move(keys); }
    // Stacks as insight::told_stack has them.
    void shorten_stacks() noexcept { shortens_stacks_ = true; }

  private:
    logkit::detail::console_renderer renderer_;
    logkit::record record_;
    time_form times_;
    key_choice keys_;
    bool shortens_stacks_ = false;
};

}  // namespace tool
