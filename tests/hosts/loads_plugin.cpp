// SPDX-License-Identifier: MIT
// loads_plugin PLUGIN: its threads log through a plugin, which is unloaded; then they go on, and exit. With
// -DHOST_LOGS the program logs itself, too.
#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#ifdef HOST_LOGS
#include <logkit.hpp>
#endif

int main(int, char** argv) {
#ifdef HOST_LOGS
    logkit::log.info("host");
#endif
    std::atomic<int> logged{0};
    std::atomic<bool> is_unloaded{false};
    void* const plugin = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) return std::fprintf(stderr, "%s\n", ::dlerror()), 1;
    const auto log = reinterpret_cast<void (*)(int)>(::dlsym(plugin, "plugin_log"));
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 100; ++i) log(t * 100 + i);
            ++logged;
            while (!is_unloaded) std::this_thread::yield();
#ifdef HOST_LOGS
            for (int i = 0; i < 100; ++i) logkit::log.info("host thread");
#endif
        });
    while (logged < 8) std::this_thread::yield();
    if (::dlclose(plugin) != 0) return 1;
    is_unloaded = true;
    for (std::thread& t : threads) t.join();
    return 0;
}
