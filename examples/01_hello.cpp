// SPDX-License-Identifier: MIT
// The three rules on one screen. Run it, then look at run.log.
#include <logkit.hpp>

#include <string>

namespace lk = logkit;
using lk::kv;

int main() {
    lk::new_context(kv("cmd", "reindex"), kv("user", "ada"));  // rule 2: a unit of work begins

    lk::capture span{"reindex", kv("index", "main")};                 // rule 3: a span around the work
    lk::log.info("opened", kv("files", 42), kv("bytes", 1'234'567));  // rule 1: an event and its fields
    const int skipped = 3;
    lk::log.warning("{} files skipped", skipped, kv("reason", "unreadable"));
    span.add(kv("rows", 1017));
}
