// SPDX-License-Identifier: MIT
#include <logkit/call/placeholders.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using namespace std::chrono_literals;
using logkit::kv;
using logkit::detail::slip;
using logkit::detail::slip_in;

namespace placed {
enum class size { small = 1, large = 4 };
struct order {
    int id;
};
[[nodiscard]] auto log_value(order const& o) {
    return logkit::object(kv("id", o.id));
}
struct broken {};
[[nodiscard]] int log_value(broken const&) {
    throw std::runtime_error("no luck");
}
}  // namespace placed

TEST_CASE("the slips of a message are told apart") {
    CHECK(slip_in("plain {{}} text", 0) == slip::none);
    CHECK(slip_in("{} {:>4} {:{}.{}f} {{{}}}", 6) == slip::none);
    CHECK(slip_in("{1} {0:{2}}", 3) == slip::none);
    CHECK(slip_in("", 0) == slip::none);
    CHECK(slip_in("opened", 1) == slip::unplaced_value);
    CHECK(slip_in("{0} {0}", 2) == slip::unplaced_value);
    CHECK(slip_in("{}", 0) == slip::no_value);
    CHECK(slip_in("{3}", 3) == slip::no_value);
    CHECK(slip_in("{:{}}", 1) == slip::no_value);
    CHECK(slip_in("{99999999999999999999}", 3) != slip::none);
    CHECK(slip_in("{name}", 1) == slip::named);
    CHECK(slip_in("{_}", 0) == slip::named);
    for (const char* text : {"{", "}", "a { b", "a } b", "{}}", "{{}", "{:", "{\"a\":1}", "{}{"})
        CHECK(slip_in(text, 1) == slip::lone_brace);
}

TEST_CASE("a placeholder takes what a field takes, in the same spelling") {
    const logkit::testing::capture_logs logs;
    const auto event = [&logs](auto const& value) {
        logkit::log.info("<{}>", value, kv("v", value));
        const auto r = logs.last();
        const std::string field = r["v"].is_text() ? std::string(r["v"].text()) : r["v"].json();
        CHECK(r.event == "<" + field + ">");
        return r.event;
    };
    CHECK(event(1500us) == "<1.5>");
    CHECK(event(std::optional<int>(7)) == "<7>");
    CHECK(event(std::optional<std::string>()) == "<null>");
    CHECK(event(std::optional<std::string>("a\"b")) == "<a\"b>");
    CHECK(event(std::vector<int>{1, 2}) == "<[1,2]>");
    CHECK(event(std::map<std::string, bool>{{"a", true}}) == R"(<{"a":true}>)");
    CHECK(event(std::filesystem::path("/tmp/x")) == "</tmp/x>");
    CHECK(event(placed::size::large) == "<4>");
    CHECK(event(placed::order{5}) == R"(<{"id":5}>)");
    CHECK(event(std::make_error_code(std::errc::io_error)).starts_with(R"(<{"value":5,"category":"generic")"));
    (void)event(std::chrono::system_clock::time_point{});
    CHECK(event([] { return 3; }) == "<3>");
    int x = 0;
    (void)event(&x);
    logkit::log.info("<{}>", placed::broken{});
    CHECK(logs.last().event == "<<value threw: no luck>>");
}

TEST_CASE("numbers among them have the formats of numbers, texts those of texts") {
    const logkit::testing::capture_logs logs;
    logkit::log.info("{:.1f} {:03} {:>4} {}", 1500us, placed::size::large, std::optional<int>(7), "end");
    CHECK(logs.last().event == "1.5 004    7 end");
}
