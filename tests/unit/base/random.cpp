// SPDX-License-Identifier: MIT
#include <logkit/base/random.hpp>

#include <set>
#include <thread>
#include <vector>

#include <support/catch.hpp>

using logkit::detail::id_generator;

TEST_CASE("ids are never zero and do not repeat, on one thread or between two") {
    std::vector<std::uint64_t> a, b;
    const auto fill = [](std::vector<std::uint64_t>& ids) {
        id_generator generator;
        for (int i = 0; i < 100'000; ++i) ids.push_back(generator.next());
    };
    std::thread other([&] { fill(b); });
    fill(a);
    other.join();
    std::set<std::uint64_t> all(a.begin(), a.end());
    all.insert(b.begin(), b.end());
    CHECK(all.size() == 200'000);
    CHECK(all.count(0) == 0);
}

TEST_CASE("a generator that forgets is seeded anew") {
    id_generator a;
    (void)a.next();
    id_generator b = a;  // as fork copies it
    b.forget();
    CHECK(a.next() != b.next());
}
