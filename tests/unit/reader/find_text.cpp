// SPDX-License-Identifier: MIT
#include <logkit/reader/find_text.hpp>

#include <support/catch.hpp>

#include <random>
#include <string>
#include <vector>

namespace {

TEST_CASE("a text is found where the standard library finds it, and nothing outside is read") {
    std::mt19937 dice(7);
    const auto random = [&](std::size_t size) {
        std::string text(size, 'a');
        for (char& c : text) c = "ab\"c"[dice() % 4];
        return text;
    };
    std::size_t found = 0;
    for (int i = 0; i < 100'000; ++i) {
        // On the heap and of that very size, so that ASan sees a byte too many.
        const std::string text = random(dice() % 90), wanted = random(dice() % 12);
        const std::vector<char> in(text.begin(), text.end()), what(wanted.begin(), wanted.end());
        const std::size_t at = logkit::detail::find_text({in.data(), in.size()}, {what.data(), what.size()});
        REQUIRE(at == text.find(wanted));
        found += at != std::string::npos ? 1 : 0;
    }
    CHECK(found > 10'000);
    CHECK(found < 90'000);
}

}  // namespace
