// SPDX-License-Identifier: MIT
#pragma once

// An entry as the development console would have shown it (render/console.hpp).

#include <logkit.hpp>
#include <logkit/reader.hpp>
#include <logkit/render/console.hpp>

#include <string>
#include <vector>

namespace tool {

class pretty_printer {
  public:
    explicit pretty_printer(bool has_colour) : renderer_(has_colour) {}
    // Appends the lines of the record.
    void print(std::string& out, logkit::entry const& e);
    // Fields of these keys are left out, because they have been shown already.
    void hide(std::vector<std::string> keys) { hidden_ = std::move(keys); }

  private:
    logkit::detail::console_renderer renderer_;
    logkit::record record_;
    std::vector<std::string> hidden_;
};

}  // namespace tool
