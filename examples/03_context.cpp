// SPDX-License-Identifier: MIT
// Who and what, said once and carried along.
#include <logkit.hpp>

#include <string>

namespace lk = logkit;
using lk::kv;

namespace {

void charge(int cents) {
    lk::log.info("charged", kv("cents", cents));  // knows order and user without being told
}

void handle(int order) {
    lk::new_context(kv("order", order));  // nothing of the last order is left
    lk::bind_context(kv("user", order % 2 == 0 ? "ada" : "ben"));
    {
        const lk::context_scope scope{kv("step", "payment")};  // for these lines only
        charge(order * 100);
    }
    lk::unbind_context("user");
    lk::log.info("shipped");
}

}  // namespace

int main() {
    lk::global_context(kv("version", "1.4.2"));  // in every record of the process
    for (int order = 1; order <= 3; ++order) handle(order);

    const auto pool = lk::log.named("db.pool").bind(kv("shard", 3));  // a logger of one's own
    pool.warning("slow connection", kv("waited_ms", 250));
}
