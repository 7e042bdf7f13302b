// SPDX-License-Identifier: MIT
// A shared object that logs, and is unloaded while threads that logged through it live on.
#include <string>

#include <logkit.hpp>

extern "C" [[gnu::visibility("default")]] void plugin_log(int i) {
    const logkit::capture work{"plugin work"};
    logkit::log.info("plugin {}", i, logkit::kv("i", i), logkit::kv("text", std::string(50, 'p')));
    logkit::log.named("plugin").warning("named", logkit::kv("list", std::string("x")));
}
