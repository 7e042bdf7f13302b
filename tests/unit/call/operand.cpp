// SPDX-License-Identifier: MIT
#include <logkit/call/operand.hpp>

#include <string>
#include <vector>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
template <class V>
decoded round_trip(V const& v) {
    std::vector<std::byte> bytes(encoded_size(v) + 1, std::byte{0x5a});
    REQUIRE(encode(bytes.data(), v) == bytes.data() + encoded_size(v));
    CHECK(bytes.back() == std::byte{0x5a});
    std::byte const* at = bytes.data();
    decoded result = decode(kind_of<V>, at);
    REQUIRE(at == bytes.data() + encoded_size(v));
    if (!result.text.empty()) {  // the bytes go with this function
        static std::string kept;
        kept = result.text;
        result.text = kept;
    }
    return result;
}
}  // namespace

TEST_CASE("every operand reads back from its bytes, which are exactly its size") {
    CHECK(round_trip(true).bits == 1);
    CHECK(round_trip(std::int64_t{INT64_MIN}).as<std::int64_t>() == INT64_MIN);
    CHECK(round_trip(std::uint64_t{UINT64_MAX}).bits == UINT64_MAX);
    CHECK(round_trip(1.5).as<double>() == 1.5);
    CHECK(round_trip(1.5f).as<float>() == 1.5f);
    CHECK(round_trip(text_operand{std::string_view("a\0b", 3)}).text == std::string_view("a\0b", 3));
    CHECK(round_trip(text_operand{}).text.empty());
    CHECK(round_trip(nullable_text{}).what == kind::null);
    CHECK(round_trip(nullable_text{"abc", 3}).text == "abc");
    CHECK(clamped(text_operand{"", longest_text + 1}).size == longest_text);
    CHECK(round_trip(null_operand{}).what == kind::null);
    CHECK(round_trip(redacted_operand{}).what == kind::redacted);
    CHECK(round_trip(json_operand{std::string_view("[1]")}).what == kind::json);
}

TEST_CASE("a tagged operand tells its kind itself") {
    const tagged_operand number{kind::int64, 42, {}}, text{kind::text, 0, text_operand{std::string_view("x")}};
    CHECK(round_trip(number).as<std::int64_t>() == 42);
    CHECK(round_trip(text).text == "x");
    CHECK(round_trip(tagged_operand{}).what == kind::null);
}
