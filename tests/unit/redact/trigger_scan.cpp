// SPDX-License-Identifier: MIT
#include <logkit/redact/trigger_scan.hpp>

#include <random>
#include <string>
#include <vector>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
[[nodiscard]] trigger_scan::sets of(const char* a, const char* b, const char* c, const char* d) {
    return {byte_set(a), byte_set(b), byte_set(c), byte_set(d)};
}
const std::vector<trigger_scan::sets> triggers{of("g", "h", "pour", "_"), of("oO", "rR", "dD", "=:"),
                                               of("e", "y", "J", "A-Za-z")};

// Places of triggers, each asked by itself.
[[nodiscard]] std::vector<std::size_t> expected(std::string_view text) {
    std::vector<std::size_t> places;
    for (std::size_t end = 3; end < text.size(); ++end)
        for (trigger_scan::sets const& t : triggers) {
            bool is_it = true;
            for (std::size_t k = 0; k < 4; ++k) is_it = is_it && t[k].has(text[end - 3 + k]);
            if (is_it) places.push_back(end);
        }
    return places;
}
[[nodiscard]] std::string random_text(std::minstd_rand& random, std::string_view alphabet, std::size_t size) {
    std::string text;
    while (text.size() < size) text += alphabet[random() % alphabet.size()];
    return text;
}
}  // namespace

TEST_CASE("every trigger is found, at every place of texts of every length") {
    const trigger_scan scan(triggers);
    std::minstd_rand random(3);
    const std::string alphabet = "ghpour_oORrdD=:eyJAz 0-";
    for (int i = 0; i < 5'000; ++i) {
        const std::string text = random_text(random, alphabet, random() % 200);
        std::size_t from = random() % 20;
        std::vector<std::size_t> missed = expected(text);
        std::erase_if(missed, [&](std::size_t place) { return place < from; });
        for (std::size_t at = from; at < text.size();) {
            const trigger_scan::found f = scan.next(text, at);
            for (std::size_t bit = 0; bit < 64; ++bit)
                if ((f.triggers >> bit & 1) != 0) std::erase(missed, f.at + bit);
            REQUIRE(f.at + 64 > at);
            at = f.at + 64;
        }
        INFO(text);
        REQUIRE(missed.empty());
    }
}

TEST_CASE("a run of thirteen digits is seen wherever chunks are cut") {
    const trigger_scan scan(triggers);
    for (std::size_t before = 0; before < 200; ++before)
        for (const char* run : {"4111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"}) {
            const std::string text = std::string(before, 'x') + run + std::string(70, 'y');
            bool is_seen = false;
            for (std::size_t at = 0; at < text.size();) {
                const trigger_scan::found f = scan.next(text, at);
                for (std::size_t bit = 0; bit < 64; ++bit)
                    if ((f.digit_runs >> bit & 1) != 0)
                        is_seen = is_seen || (f.at + bit >= before && f.at + bit < before + std::string(run).size());
                at = f.at + 64;
            }
            CHECK(is_seen);
        }
}

TEST_CASE("the slow way sees what the fast one sees") {
    const trigger_scan scan(triggers);
    std::minstd_rand random(5);
    const std::string alphabet = "ghpour_oORrdD=:eyJAz 0123456789-\x80\xff";
    for (int i = 0; i < 5'000; ++i) {
        const std::string text = random_text(random, alphabet, 128);
        const trigger_scan::found slow = scan.look_at_each(text.data() + 64), fast = scan.next(text, 64);
        for (const std::size_t place : expected(text))
            if (place >= 64) CHECK((slow.triggers >> (place - 64) & 1) == 1);
        if (fast.at != 64) continue;
        CHECK((fast.triggers & ~slow.triggers) == 0);
        CHECK(fast.digit_runs == slow.digit_runs);
    }
}
