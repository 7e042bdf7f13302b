// SPDX-License-Identifier: MIT
// A program whose allocator logs at every allocation, and at every release: with malloc itself, not only operator new.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <logkit.hpp>
#include <logkit/sink/memory.hpp>

namespace lk = logkit;
using lk::kv;

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);

static bool is_on = false;  // from main() on
static unsigned long calls = 0;

void* malloc(std::size_t n) {
    void* const made = __libc_malloc(n);
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    if (is_on) (void)lk::log.info("malloc", kv("n", n));
    return made;
}
void* calloc(std::size_t count, std::size_t n) {
    void* const made = __libc_calloc(count, n);
    if (is_on) (void)lk::log.info("calloc", kv("n", n), kv("nested", lk::object(kv("count", count))));
    return made;
}
void* realloc(void* old, std::size_t n) {
    void* const made = __libc_realloc(old, n);
    if (is_on) (void)lk::log.info("realloc {}", n);
    return made;
}
void free(void* old) {
    __libc_free(old);
    if (is_on && old != nullptr) (void)lk::log.named("free").info("free");
}
}

namespace shop {
struct item {
    int n;
};
std::string log_value(item const& i) {
    (void)lk::log.info("from a log_value");
    return "item " + std::to_string(i.n);
}
}  // namespace shop

int main(int argc, char** argv) {
    is_on = true;
    const std::string way = argc > 1 ? argv[1] : "async";
    if (way == "sync") {
        lk::settings s;
        s.mode = lk::mode::sync;
        lk::configure(s);
    }
    int accepted = 0;
    for (int round = 0; round < 20; ++round) {
        lk::new_context(kv("round", round), kv("text", std::string(500, 'x')));
        const lk::capture work{"work", kv("v", std::vector<int>{1, 2, 3})};
        accepted +=
            lk::log.info("mine", kv("item", shop::item{round}), kv("map", std::map<std::string, int>{{"a", 1}}));
        accepted += lk::log.bind(kv("b", std::string(100, 'b'))).named("name").warning("mine", kv("round", round));
        try {
            throw std::runtime_error("trouble");
        } catch (...) {
            accepted += lk::log.exception("mine");
        }
        accepted += lk::log.info("mine", kv("large", std::string(20'000, 'y')));
        std::thread([&] {
            accepted += lk::log.error("mine", kv("o", lk::object(kv("k", std::string(300, 'z')))));
        }).join();
        lk::set_level("db", lk::level::warning);
        lk::global_context(kv("round", round));
        (void)lk::flush();
    }
    lk::add_sink(std::make_shared<lk::memory_sink>());
    lk::configure(lk::settings{});
    (void)lk::stats();
    (void)lk::shutdown();
    is_on = false;
    std::printf(R"({"accepted":%d,"calls":%lu,"refused":%llu})"
                "\n",
                accepted, calls, static_cast<unsigned long long>(lk::stats().refused));
}
