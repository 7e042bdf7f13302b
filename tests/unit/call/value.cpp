// SPDX-License-Identifier: MIT
#include <logkit/call/value.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
using nlohmann::json;

namespace shop {
enum class colour { red, green };
enum class size { small = 3, large };
std::string_view format_as_text(colour c) {
    return c == colour::red ? "red" : "green";
}

struct money {
    int cents;
};
auto log_value(money const& m) {
    return logkit::object(kv("cents", m.cents), kv("currency", "EUR"));
}

struct sku {
    std::string text;
};
std::string log_value(sku const& s) {
    return "sku:" + s.text;
}

struct broken {};
std::string log_value(broken const&) {
    throw std::runtime_error("no luck");
}

struct point {
    int x, y;
};

struct tree {
    std::vector<tree> children;
};
std::vector<tree> const& log_value(tree const& t) {
    return t.children;
}
}  // namespace shop

template <>
struct fmt::formatter<shop::point> {
    constexpr auto parse(format_parse_context& c) { return c.begin(); }
    template <class Context>
    auto format(shop::point const& p, Context& c) const {
        return fmt::format_to(c.out(), "({}, {})", p.x, p.y);
    }
};
template <>
struct fmt::formatter<shop::colour> : fmt::formatter<std::string_view> {
    template <class Context>
    auto format(shop::colour c, Context& context) const {
        return fmt::formatter<std::string_view>::format(shop::format_as_text(c), context);
    }
};

namespace {
// The value as the record shows it.
template <class T>
json logged(T const& value) {
    const logkit::testing::capture_logs logs;
    logkit::log.info("value", kv("v", value));
    return json::parse(logs.last().json).at("v");
}
}  // namespace

TEST_CASE("numbers, booleans and texts keep their types") {
    CHECK(logged(true) == json(true));
    CHECK(logged("true") == json("true"));
    CHECK(logged(std::int8_t{-5}) == json(-5));
    CHECK(logged(std::numeric_limits<std::int64_t>::min()) == json(std::numeric_limits<std::int64_t>::min()));
    CHECK(logged(std::numeric_limits<std::uint64_t>::max()) == json(std::numeric_limits<std::uint64_t>::max()));
    CHECK(logged(0.1) == json(0.1));
    CHECK(logged(0.1f).dump() == "0.1");
    CHECK(logged(2.5L) == json(2.5));
    CHECK(logged('x') == json("x"));
    CHECK(logged(std::string("a\"b")) == json("a\"b"));
    CHECK(logged(std::string_view("view")) == json("view"));
    CHECK(logged(std::string("nul\0inside", 10)) == json(std::string("nul\0inside", 10)));
}

TEST_CASE("NaN and the infinities are texts") {
    CHECK(logged(std::nan("")) == json("NaN"));
    CHECK(logged(std::numeric_limits<double>::infinity()) == json("Infinity"));
    CHECK(logged(-std::numeric_limits<double>::infinity()) == json("-Infinity"));
}

TEST_CASE("null pointers are null, others an address; char arrays end at their NUL") {
    const char* nothing = nullptr;
    CHECK(logged(nothing).is_null());
    CHECK(logged(nullptr).is_null());
    char buffer[16] = "short";
    CHECK(logged(buffer) == json("short"));
    char full[3] = {'a', 'b', 'c'};
    CHECK(logged(full) == json("abc"));
    int x = 0;
    CHECK(logged(&x).get<std::string>().substr(0, 2) == "0x");
    CHECK(logged(std::make_unique<int>(1)).get<std::string>().substr(0, 2) == "0x");
}

TEST_CASE("optionals are their value or null, whatever they hold") {
    CHECK(logged(std::optional<int>(4)) == json(4));
    CHECK(logged(std::optional<int>()).is_null());
    CHECK(logged(std::optional<std::string>("text")) == json("text"));
    CHECK(logged(std::optional<std::vector<int>>({1, 2})) == json({1, 2}));
    CHECK(logged(std::optional<double>(1.5)) == json(1.5));
}

TEST_CASE("durations are milliseconds, time points RFC 3339") {
    using namespace std::chrono_literals;
    CHECK(logged(1500us) == json(1.5));
    CHECK(logged(2min) == json(120000.0));
    CHECK(logged(std::chrono::system_clock::time_point(1s)) == json("1970-01-01T00:00:01.000000Z"));
}

TEST_CASE("error codes are objects, paths are texts") {
    const json code = logged(std::make_error_code(std::errc::no_such_file_or_directory));
    CHECK(code.at("value") == 2);
    CHECK(code.at("category") == "generic");
    CHECK(code.at("message") == "No such file or directory");
    CHECK(logged(std::filesystem::path("/tmp/x")) == json("/tmp/x"));
}

TEST_CASE("a variant is what it holds, an empty optional by its name null, a thread its number") {
    using variant = std::variant<std::monostate, int, std::string, std::vector<int>>;
    CHECK(logged(variant(3)) == json(3));
    CHECK(logged(variant("a\"b")) == json("a\"b"));
    CHECK(logged(variant(std::vector<int>{1})) == json({1}));
    CHECK(logged(variant()).is_null());
    CHECK(logged(std::nullopt).is_null());
    std::ostringstream written;
    written << std::this_thread::get_id();
    CHECK(logged(std::this_thread::get_id()).dump() == written.str());
}

TEST_CASE("enums are their formatter's text, or their number") {
    CHECK(logged(shop::colour::green) == json("green"));
    CHECK(logged(shop::size::large) == json(4));
}

TEST_CASE("ranges are arrays, maps are objects, tuples are arrays") {
    CHECK(logged(std::vector<int>{1, 2, 3}) == json({1, 2, 3}));
    CHECK(logged(std::vector<bool>{true, false}) == json({true, false}));
    CHECK(logged(std::list<std::string>{"a", "b"}) == json({"a", "b"}));
    CHECK(logged(std::deque<double>{}) == json::array());
    CHECK(logged(std::array<int, 2>{7, 8}) == json({7, 8}));
    int plain[] = {1, 2};
    CHECK(logged(plain) == json({1, 2}));
    CHECK(logged(std::set<int>{3, 1}) == json({1, 3}));
    CHECK(logged(std::map<std::string, int>{{"a", 1}}) == json({{"a", 1}}));
    CHECK(logged(std::map<int, std::string>{{5, "five"}}) == json({{"5", "five"}}));
    CHECK(logged(std::pair<int, std::string>{1, "x"}) == json::array({1, "x"}));
    CHECK(logged(std::tuple<int, double, bool>{1, 2.5, true}) == json::array({1, 2.5, true}));
    CHECK(logged(std::vector<std::map<std::string, std::vector<int>>>{{{"k", {1}}}}) == json::array({{{"k", {1}}}}));
}

TEST_CASE("nlohmann::json and raw JSON are nested as they are, on one line") {
    const json nested = {{"a", {1, 2, nullptr}}, {"b", {{"c", true}}}};
    CHECK(logged(nested) == nested);
    CHECK(logged(logkit::raw_json("{\n  \"a\": [ 1 ,2 ]\n}")) == json({{"a", {1, 2}}}));
}

TEST_CASE("raw JSON that is not valid becomes a text") {
    for (const char* text : {"{", "[1,]", "{\"a\":1,}", "01", "1.", "nul", "\"\\x\"", "\"tab\tinside\"", "1 2", "",
                             "{'a':1}", "[\"\\ud83\"]"})
        CHECK(logged(logkit::raw_json(text)) == json(text));
}

TEST_CASE("an object has typed members") {
    CHECK(logged(logkit::object(kv("x", 1), kv("y", logkit::object(kv("z", "deep"))))) ==
          json({{"x", 1}, {"y", {{"z", "deep"}}}}));
}

TEST_CASE("a type of one's own is logged by log_value or by its formatter") {
    CHECK(logged(shop::money{1250}) == json({{"cents", 1250}, {"currency", "EUR"}}));
    CHECK(logged(shop::sku{"42"}) == json("sku:42"));
    CHECK(logged(std::vector<shop::money>{{1}, {2}}).size() == 2);
    CHECK(logged(shop::point{1, 2}) == json("(1, 2)"));
    CHECK(logged(std::vector<shop::point>{{1, 2}}) == json({"(1, 2)"}));
}

TEST_CASE("a value whose code throws is logged as saying so, and the record arrives") {
    CHECK(logged(shop::broken{}) == json("<value threw: no luck>"));
    CHECK(logged([]() -> int { throw std::runtime_error("lazy"); }) == json("<value threw: lazy>"));
    CHECK(logged([]() -> std::string { throw 1; }) == json("<value threw>"));
}

TEST_CASE("lazy values run only for records that are kept") {
    const logkit::testing::capture_logs logs;
    int runs = 0;
    const auto lazy = [&] { return ++runs; };
    logkit::set_level("call.quiet", logkit::level::error);
    CHECK(logkit::log.info("kept", kv("lazy", lazy)));
    CHECK(runs == 1);
    CHECK(logs.last()["lazy"] == 1);
}

TEST_CASE("nesting ends at 64 levels and says so") {
    shop::tree root;
    shop::tree* at = &root;
    for (int i = 0; i < 100; ++i) at = &at->children.emplace_back();
    const std::string text = logged(root).dump();
    CHECK(text.find("nested deeper than 64 levels") != std::string::npos);
    CHECK(text.substr(0, 64) == std::string(64, '['));
    CHECK(text[64] == '"');
    const std::string raw = std::string(200, '[') + std::string(200, ']');
    CHECK(logged(logkit::raw_json(raw)).dump().find("nested deeper than 64 levels") != std::string::npos);
}

// A tenth of it where each byte costs many times as much: a call waits five seconds for one record, and no longer.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::size_t huge = 1'000'000;
#else
constexpr std::size_t huge = 10'000'000;
#endif

TEST_CASE("a text of ten megabytes arrives whole") {
    std::string text(huge, 'x');
    for (std::size_t i = 0; i < text.size(); i += 97) text[i] = '"';
    CHECK(logged(text) == json(text));
}
