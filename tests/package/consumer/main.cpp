// SPDX-License-Identifier: MIT
#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

int main() {
    lk::new_context(kv("cmd", "consume"));
    const lk::capture span{"main"};
    lk::log.info("hello", kv("answer", 42));
    lk::log.warning("{} left", 3);
}
