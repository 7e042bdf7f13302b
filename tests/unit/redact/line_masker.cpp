// SPDX-License-Identifier: MIT
#include <logkit/redact/line_masker.hpp>

#include <string>
#include <vector>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
// The text's lines, masked.
[[nodiscard]] std::string masked(std::string_view text) {
    const rule_book book({});
    redactor by(book, nullptr);
    line_masker masker(by, text);
    std::string out;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        out += masker.mask(begin, line) ? masker.masked() : line;
        out += '\n';
        begin = end + 1;
    }
    return out;
}
const std::string key_line(64, 'A');
}  // namespace

TEST_CASE("a private key in lines of its own is masked with all of them, and nothing behind it") {
    const std::string begin = "key: -----BEGIN EC PRIVATE KEY-----\n", end = "-----END EC PRIVATE KEY-----\n";
    CHECK(masked("a\n" + begin + key_line + '\n' + key_line + '\n' + end + "b\n") == "a\nkey: ***\n***\n***\n***\nb\n");
}

TEST_CASE("a key of which only a part is there is masked as far as it goes") {
    CHECK(masked("-----BEGIN PRIVATE KEY-----\n" + key_line + '\n') == "***\n***\n");
    CHECK(masked("-----BEGIN PRIVATE KEY-----\n{\"a\":1}\n" + std::string(90, 'x') + '\n') ==
          "***\n{\"a\":1}\n" + std::string(90, 'x') + '\n');
    CHECK(masked(key_line + "\n" + key_line + "\n-----END PRIVATE KEY-----\nb\n") == "***\n***\n***\nb\n");
    CHECK(masked(key_line + "\n-----END CERTIFICATE-----\n") == key_line + "\n-----END CERTIFICATE-----\n");
}

TEST_CASE("a key behind a logger's prefixes is masked, and a sentence about one is not") {
    const std::string at = "2026-11-27 12:00:00,123 INFO  [main] ";
    CHECK(masked(at + "-----BEGIN PRIVATE KEY-----\n" + at + key_line + '\n' + at + "-----END PRIVATE KEY-----\nb\n") ==
          at + "***\n***\n***\nb\n");
    const std::string about =
        "no '-----BEGIN PRIVATE KEY-----' in x.pem\nb\nexpected -----END PRIVATE KEY----- there\nc\n";
    CHECK(masked(about) == about);
}
