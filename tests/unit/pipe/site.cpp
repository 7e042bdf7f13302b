// SPDX-License-Identifier: MIT
#include <logkit/pipe/site.hpp>

#include <thread>
#include <vector>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
constexpr argument_description two_fields[] = {{"status", role::field, kind::int64}, {"path", role::field, kind::text}};
site_description description(const char* event) {
    return {event, {"dir/file.cpp", "f", 42}, logkit::level::info, two_fields, 2};
}
}  // namespace

TEST_CASE("a site prepares the JSON that does not change") {
    const site s(description("say \"hi\""), 0);
    CHECK(s.json_head.view() == R"(,"level":"info","event":"say \"hi\"")");
    CHECK(s.json_tail.view() == R"(,"src":"file.cpp:42")");
    CHECK(s.arguments[0].json_prefix.view() == R"(,"status_":)");
    CHECK(s.is_plain);
}

TEST_CASE("a redacted argument has no bytes") {
    const site s(description("x"), 2);
    CHECK(s.arguments[0].encoding == kind::int64);
    CHECK(s.arguments[1].encoding == kind::redacted);
}

TEST_CASE("a key names one site, from whatever thread it comes, and many chunks of them") {
    site_table table;
    std::vector<std::vector<std::uint32_t>> numbers(4);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (std::uint64_t key = 1; key <= 1000; ++key)
                numbers[t].push_back(table.number_of(key, description("e"), 0));
        });
    for (std::thread& t : threads) t.join();
    for (std::size_t t = 1; t < 4; ++t) CHECK(numbers[t] == numbers[0]);
    CHECK(table[numbers[0].back()].event == "e");
    CHECK(*std::min_element(numbers[0].begin(), numbers[0].end()) == first_site);
}
