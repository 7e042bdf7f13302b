// SPDX-License-Identifier: MIT
#include <logkit/reader/line_parser.hpp>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

#include <random>
#include <string>

namespace {

using logkit::slot;
using logkit::detail::line_state;

// A line with its padding.
class parsed {
  public:
    explicit parsed(std::string line) : text_(std::move(line)) {
        const std::size_t size = text_.size();
        text_.append(logkit::detail::line_padding, '"');  // the worst there could be behind it
        state = parser_.parse({text_.data(), size});
    }
    logkit::entry const& operator*() const { return parser_.entry(); }
    logkit::entry const* operator->() const { return &parser_.entry(); }
    line_state state;

  private:
    std::string text_;
    logkit::detail::line_parser parser_;
};

const std::string own =
    R"({"timestamp":"2026-11-21T12:00:00.000001Z","level":"warning","event":"a \"b\"","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","parent_span_id":"0102030405060708","n":1,"msg":"mine","span":"s","o":{"a":[1,"}"]},"src":"x.cpp:1"})";

TEST_CASE("a line of ours is taken apart, key by key") {
    const parsed line(own);
    REQUIRE(line.state == line_state::whole);
    CHECK(line->level() == logkit::level::warning);
    CHECK(line->event() == "a \"b\"");
    CHECK(line->unix_ns() == 1'795'262'400'000'001'000);
    CHECK(line->trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(line->span_id() == "00f067aa0ba902b7");
    CHECK(line->parent_span_id() == "0102030405060708");
    CHECK(line->find("n").integer() == 1);
    CHECK(line->find("o.a").json() == R"([1,"}"])");
    CHECK(line->get(slot::src).text() == "x.cpp:1");
    CHECK(line->members().size() == 11);
}

TEST_CASE("a field of ours is never taken for another logger's key") {
    const parsed line(own);
    CHECK(line->find("msg").text() == "mine");
    CHECK(line->event() == "a \"b\"");
}

TEST_CASE("keys may be escaped, values may be empty, blanks may stand anywhere") {
    const parsed line("{ \"\\u0061\" : \"\" , \"b\":{} ,\t\"c\":[ ] , \"d\" : -1.5e-3 }");
    REQUIRE(line.state == line_state::whole);
    CHECK(line->find("a").exists());
    CHECK(line->find("a").text().empty());
    CHECK(line->find("d").number() == -1.5e-3);
    CHECK(parsed("{}").state == line_state::whole);
}

TEST_CASE("what is not one object is not a record") {
    for (const char* text : {"",
                             "{",
                             "}",
                             "x",
                             "[1]",
                             "null",
                             "\"{}\"",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{\"a\":1}}",
                             "{\"a\":1} x",
                             "{\"a\":tru}",
                             "{\"a\":1 \"b\":2}",
                             "{a:1}",
                             "{\"a\":\"x}",
                             "{\"a\":[1}",
                             "{\"a\":-}",
                             "{\"a\":1.}",
                             "{\"a\":\"\\",
                             "{\"a",
                             "{\"a\":{\"b\":1}",
                             "plain text",
                             "panic: x"})
        CHECK(parsed(text).state == line_state::unreadable);
}

TEST_CASE("damage is mended where that is certain") {
    const parsed latin(std::string("{\"msg\":\"caf") + '\xe9' + "\"}");
    CHECK(latin.state == line_state::mended);
    CHECK(latin->event() == "caf\xef\xbf\xbd");
    const parsed tab(
        "{\"msg\":\"a\x01"
        "b\"}");
    CHECK(tab.state == line_state::mended);
    CHECK(tab->event() == "a b");
    const parsed hole(std::string(5000, '\0') + own);
    CHECK(hole.state == line_state::mended);
    CHECK(hole->event() == "a \"b\"");
    const parsed torn(own.substr(0, 90) + own);
    CHECK(torn.state == line_state::mended);
    CHECK(torn->find("n").integer() == 1);
    CHECK(parsed(own.substr(0, own.size() - 1)).state == line_state::unreadable);
    CHECK(parsed(std::string(100, '\0')).state == line_state::unreadable);
}

TEST_CASE("any cut of a line is refused, and reads nothing behind it") {
    for (std::size_t n = 0; n < own.size(); ++n) CHECK(parsed(own.substr(0, n)).state == line_state::unreadable);
}

TEST_CASE("what a parser of JSON accepts is found with the same keys and values") {
    std::mt19937 random(7);
    const auto pick = [&](unsigned long n) { return random() % n; };
    const auto text = [&] {
        std::string t;
        for (unsigned long i = pick(40); i != 0; --i) t += std::string_view("abc\"\\{}[],: \n\xc3\xa9", 16)[pick(14)];
        return t;
    };
    for (int round = 0; round < 3000; ++round) {
        nlohmann::ordered_json record;
        for (unsigned long i = pick(12); i != 0; --i) {
            nlohmann::ordered_json value;
            switch (pick(6)) {
                case 0:
                    value = text();
                    break;
                case 1:
                    value = static_cast<int>(random());
                    break;
                case 2:
                    value = pick(2) == 0;
                    break;
                case 3:
                    value = {{"x", text()}, {"y", {1, 2, text()}}};
                    break;
                case 4:
                    value = nullptr;
                    break;
                default:
                    value = static_cast<double>(random()) / 7;
            }
            record["k" + std::to_string(i) + text().substr(0, 3)] = value;
        }
        const std::string line =
            record.is_null() ? "{}" : record.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        const parsed p(line);
        REQUIRE(p.state == line_state::whole);
        const auto again = nlohmann::ordered_json::parse(line);
        REQUIRE(p->members().size() == again.size());
        auto member = p->members().begin();
        for (auto const& [key, value] : again.items()) {
            REQUIRE(member->key == key);
            REQUIRE(nlohmann::ordered_json::parse(member->value.json()) == value);
            if (value.is_string()) REQUIRE(member->value.text() == value.get<std::string>());
            ++member;
        }
    }
}

TEST_CASE("bytes at random do no harm") {
    std::mt19937 random(11);
    for (int round = 0; round < 20000; ++round) {
        std::string line = own;
        for (unsigned long i = 1 + random() % 8; i != 0; --i) {
            const std::size_t at = random() % line.size();
            switch (random() % 3) {
                case 0:
                    line[at] = static_cast<char>(random());
                    break;
                case 1:
                    line.erase(at, random() % 9);
                    break;
                default:
                    line.insert(at, 1 + random() % 5, "\"\\{}[],:0"[random() % 9]);
            }
            if (line.empty()) line = "{";
        }
        const parsed p(line);
        if (p.state != line_state::unreadable)
            for (auto const& m : p->members()) (void)m.value.text();
    }
    SUCCEED();
}

}  // namespace
