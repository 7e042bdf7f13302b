// SPDX-License-Identifier: MIT
#pragma once

// Values of every type that has an operator<<, as the text which that writes. Stage: adapter. Include it wherever such
// values are logged, before the first of them; types that logkit knows without it are logged as ever.

#include <ostream>
#include <sstream>
#include <string>

#include <logkit/call/value.hpp>

namespace logkit::detail {

template <class T>
requires requires(std::ostream& out, T const& value) {
    out << value;
}
struct stream_text<T> {
    [[nodiscard]] static std::string of(T const& value) {
        std::ostringstream out;
        out << value;
        return out.str();
    }
};

}  // namespace logkit::detail
