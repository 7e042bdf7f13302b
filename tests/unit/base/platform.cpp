// SPDX-License-Identifier: MIT
#include <logkit/base/platform.hpp>

#include <thread>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("a thread's label is its name, if it has one of its own, else its number") {
    CHECK(is_main_thread());
    std::string number, named, unnamed;
    std::thread([&] {
        CHECK_FALSE(is_main_thread());
        number = std::to_string(thread_number());
        unnamed = thread_label();
        pthread_setname_np(pthread_self(), "worker-7");
        named = thread_label();
    }).join();
    CHECK(unnamed == number);
    CHECK(named == "worker-7");
}

TEST_CASE("a futex wakes who waits, and does not sleep on a changed word") {
    std::atomic<std::uint32_t> word{0};
    futex_wait(word, 1, 60'000'000'000);  // 0 is not 1: returns at once
    std::thread waker([&] {
        word.store(1);
        futex_wake_all(word);
    });
    while (word.load() == 0) futex_wait(word, 0, 60'000'000'000);
    waker.join();
    CHECK(word.load() == 1);
}
