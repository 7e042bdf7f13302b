// SPDX-License-Identifier: MIT
#include <logkit/redact/secret_pattern.hpp>

#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
// How much of the text's beginning matches; npos: nothing.
[[nodiscard]] std::size_t match(const char* pattern, std::string_view text) {
    std::size_t repetitions = 0;
    const secret_pattern p(pattern, repetitions);
    byte_runs runs(repetitions);
    runs.begin_text();
    return p.match(text, 0, runs);
}
[[nodiscard]] std::string refusal(const char* pattern) {
    try {
        (void)match(pattern, "");
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return {};
}
constexpr std::size_t none = std::string_view::npos;
}  // namespace

TEST_CASE("a pattern says how often, and takes all that it can") {
    CHECK(match("acme_[a-z]{3}", "acme_abc") == 8);
    CHECK(match("acme_[a-z]{3}", "acme_abcd") == none);  // goes on
    CHECK(match("acme_[a-z]{3}", "acme_abc1") == 8);
    CHECK(match("acme_[a-z]{3,}", "acme_abcd") == 9);
    CHECK(match("acme_[a-z]{3,}", "acme_ab") == none);
    CHECK(match("acme_[a-z]{1,}x", "acme_abx") == none);  // gives nothing back
    CHECK(match("acme_[a-z]{1,2}x", "acme_abx") == 8);
    CHECK(match("acme_\\d+-\\w+", "acme_12-a_1.") == 11);
    CHECK(match("acme\\.[\\w.\\]-]{2,}", "acme.a]-") == 8);
    CHECK(match("acme", "acm") == none);
}

TEST_CASE("what cannot be a pattern is refused where it is wrong") {
    CHECK(refusal("acme_[a-z") == "the pattern \"acme_[a-z\" at character 10: ends in the middle");
    CHECK(refusal("acme_[z-a]{3}").find("a range that ends before it begins") != none);
    CHECK(refusal("acme_a{3").find("ends in the middle") != none);
    CHECK(refusal("acme_a{3,2}").find("a repetition of which nothing can be true") != none);
    CHECK(refusal("acme_a{99999}").find("more repetitions than 4096") != none);
    CHECK(refusal("acme|x").find("an operator that there is not") != none);
    CHECK(refusal("acme.x").find("an operator that there is not") != none);
    CHECK(refusal("acme\\q").find("an escape that there is not") != none);
    CHECK(refusal("[a-z]{20}").find("four characters in a row") != none);
    CHECK(refusal("abc").find("four characters in a row") != none);
    CHECK(refusal("").find("four characters in a row") != none);
}

TEST_CASE("a long run is walked through once, however many matches begin in it") {
    std::size_t repetitions = 0;
    const secret_pattern p("-abc[a-c-]{10,}!", repetitions);
    byte_runs runs(repetitions);
    runs.begin_text();
    std::string text;
    while (text.size() < (1U << 20)) text += "-abc";
    for (std::size_t at = 0; at < text.size(); at += 4) CHECK_FALSE(p.match(text, at, runs) != none);
}
