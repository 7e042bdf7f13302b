// SPDX-License-Identifier: MIT
// What was thrown, and what caused it.
#include <logkit.hpp>

#include <stdexcept>
#include <string>

namespace lk = logkit;
using lk::kv;

namespace shop {

struct out_of_stock : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void reserve(std::string const& item) {
    try {
        throw std::out_of_range("shelf 12 is empty");
    } catch (...) {
        std::throw_with_nested(out_of_stock("cannot reserve " + item));
    }
}

}  // namespace shop

int main() {
    lk::new_context(kv("order", 1017));

    // captured() knows the exception whole: END carries exc_info.
    try {
        lk::captured("reserve", kv("item", "tea"), [] { shop::reserve("tea"); });
    } catch (std::exception const&) {
        lk::log.exception("order failed", kv("retry", false));  // the one being handled
    }

    try {
        shop::reserve("milk");
    } catch (std::exception const& e) {
        lk::log.error("order failed", lk::exc(e), kv("retry", true));  // or one by name
    }
}
