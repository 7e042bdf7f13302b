// SPDX-License-Identifier: MIT
// The log goes to a server: set LOG_SHIP to its address, and this program needs none of the lines about shipping.
//   LOG_SHIP=http://127.0.0.1:3000 ./example_09_shipping
#include <logkit.hpp>
#include <logkit/ship.hpp>

#include <cstdio>

using logkit::kv;

int main() {
    for (int order = 1; order <= 3; ++order) {
        logkit::new_context(kv("order", order));
        const logkit::capture work{"order.pack"};
        logkit::log.info("packed", kv("items", order * 2));
    }
    // Not needed: what is not shipped at the end waits in the log, for the next start or for `logkit ship`.
    const bool is_shipped = logkit::ship::flush(std::chrono::seconds(2));
    const logkit::ship::statistics now = logkit::ship::stats();
    std::printf("%s; %llu records are at the server\n", is_shipped ? "all is shipped" : "some of it waits in run.log",
                static_cast<unsigned long long>(now.records));
}
