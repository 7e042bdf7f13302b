// SPDX-License-Identifier: MIT
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/query.hpp>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <support/catch.hpp>

namespace {

using json = nlohmann::ordered_json;
using logkit::query;
using logkit::query_error;

[[nodiscard]] bool matches(query const& wanted, std::string const& line) {
    logkit::detail::line_parser parser;
    REQUIRE(parser.parse_copy(line) == logkit::detail::line_state::whole);
    const bool does = wanted.matches(parser.entry());
    if (does && !wanted.may_match(line)) FAIL_CHECK("the cheap look passes over " << line);
    return does;
}
[[nodiscard]] bool holds(std::string_view expression, std::string const& line) {
    query wanted;
    wanted.require(expression);
    return matches(wanted, line);
}
[[nodiscard]] bool holds(std::vector<std::string> const& words, std::string const& line) {
    query wanted;
    wanted.require(words);
    return matches(wanted, line);
}
const std::string record = R"J({"msg":"not found (twice)","a":"1","b":"x y","c":"or","n":5})J";

// A filter of chance, and whether it holds for a record, found out without any code of the reader.
struct condition {
    std::string text;
    std::vector<std::string> words;
    bool is_true = false;
};
[[nodiscard]] condition term_of_chance(std::mt19937& random, json const& r) {
    const auto pick = [&](auto const& list) { return list[random() % list.size()]; };
    static const std::array<std::string, 4> keys{"s", "t", "deep.s", "none"}, texts{"ab", "b c", "\u00e4", "q\"q"};
    static const std::array<std::string, 6> levels{"trace", "debug", "info", "warning", "error", "critical"};
    const auto at = [&](std::string const& key) -> json {
        if (key == "deep.s") return r.contains("deep") ? r["deep"].value("s", json()) : json();
        return r.value(key, json());
    };
    const auto quoted = [](std::string const& text) {
        std::string out = "\"";
        for (const char c : text) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        return out + '"';
    };
    const std::string key = pick(keys), text = pick(texts);
    const json value = at(key);
    const int bound = static_cast<int>(random() % 6);
    const auto simple = [](std::string word, bool is_true) { return condition{word, {word}, is_true}; };
    switch (random() % 10) {
        case 0:
            return {key + "=" + quoted(text), {key + "=" + text}, value == text};
        case 1:
            return {key + "!=" + quoted(text), {key + "!=" + text}, value != text};
        case 2:
            return {key + " in (" + quoted(text) + ", ab)",
                    {key, "in", "(" + quoted(text) + ",ab)"},
                    value == text || value == "ab"};
        case 3:
            return simple(key + "?", !value.is_null());
        case 4:
            return simple(key + "~^a", value.is_string() && value.get<std::string>().starts_with("a"));
        case 5:
            return {
                "n >= " + std::to_string(bound), {"n>=" + std::to_string(bound)}, r.contains("n") && r["n"] >= bound};
        case 6:
            return simple("dur_ms<" + std::to_string(bound) + "s", r.contains("dur_ms") && r["dur_ms"] < bound * 1000);
        case 7: {
            const auto own = std::find(levels.begin(), levels.end(), r["level"]) - levels.begin();
            return simple("level>" + levels[static_cast<std::size_t>(bound)], own > bound);
        }
        case 8: {
            bool is_there = false;
            for (json const& item : r.value("tags", json::array())) is_there = is_there || item == text;
            return {"tags[]=" + quoted(text), {"tags[]=" + text}, is_there};
        }
        default: {
            // As it stands in some value, decoded; these texts are in no key.
            bool is_there = false;
            for (auto const& part : r.flatten())
                is_there = is_there || (part.is_string() && part.get<std::string>().find(text) != std::string::npos);
            return {quoted(text), {text}, is_there};
        }
    }
}
[[nodiscard]] condition filter_of_chance(std::mt19937& random, json const& r, int depth) {
    if (depth == 0 || random() % 3 == 0) return term_of_chance(random, r);
    if (random() % 4 == 0) {
        condition inner = filter_of_chance(random, r, depth - 1);
        inner.words.insert(inner.words.begin(), {"not", "("});
        inner.words.emplace_back(")");
        return {"not (" + inner.text + ")", inner.words, !inner.is_true};
    }
    const bool is_any = random() % 2 == 0;
    condition made{"(", {"("}, !is_any};
    for (std::size_t i = 0, n = 2 + random() % 2; i < n; ++i) {
        const condition one = filter_of_chance(random, r, depth - 1);
        const char* const between = i == 0 ? "" : is_any ? "or" : random() % 2 == 0 ? "and" : "";
        made.text += std::string(" ") + between + ' ' + one.text;
        if (*between != '\0') made.words.emplace_back(between);
        made.words.insert(made.words.end(), one.words.begin(), one.words.end());
        made.is_true = is_any ? made.is_true || one.is_true : made.is_true && one.is_true;
    }
    made.text += " )";
    made.words.emplace_back(")");
    return made;
}
[[nodiscard]] json record_of_chance(std::mt19937& random) {
    const auto pick = [&](std::vector<json> const& list) { return list[random() % list.size()]; };
    const std::vector<json> texts{"ab", "b c", "\u00e4", "q\"q", "ab b c", "", "abq\"q", 7};
    json r{{"timestamp", "2026-11-21T12:00:00.000001Z"},
           {"level", pick({"trace", "debug", "info", "warning", "error", "critical"})},
           {"event", pick({"Card declined", "b c", "x"})}};
    if (random() % 2 == 0) r["s"] = pick(texts);
    if (random() % 2 == 0) r["t"] = pick(texts);
    if (random() % 2 == 0) r["deep"] = {{"s", pick(texts)}, {"n", 3}};
    if (random() % 2 == 0) r["n"] = pick({0, 1, 2.5, 3, 5, -1});
    if (random() % 2 == 0) r["tags"] = pick({json::array(), json{"ab", "b c"}, json{"q\"q"}, json{1, "\u00e4"}});
    if (random() % 2 == 0) r["dur_ms"] = pick({0.5, 999.5, 1000, 2500, 7000});
    return r;
}

TEST_CASE("or binds less than and, not binds most, parentheses group") {
    CHECK(holds("a=1 or a=2 and n=6", record));
    CHECK_FALSE(holds("(a=1 or a=2) and n=6", record));
    CHECK(holds("not a=2 n=5", record));
    CHECK_FALSE(holds("not (a=2 or n=5)", record));
    CHECK(holds("not not a=1", record));
    CHECK(holds("a=2 OR (NOT n>5 AND a=1)", record));
    CHECK(holds("", record));
    CHECK(holds(std::vector<std::string>{}, record));
    CHECK(holds(std::vector<std::string>{"a=2", "or", "(n=5 a=1)"}, record));
    CHECK(holds(std::vector<std::string>{"not", "(", "a=2", "or", "a=3", ")"}, record));
}

TEST_CASE("signs may stand alone, values in quotes, lists with blanks") {
    CHECK(holds("n >= 5", record));
    CHECK(holds("b = 'x y'", record));
    CHECK(holds(R"(b="x y")", record));
    CHECK(holds(R"(b=x\ y)", record));
    CHECK(holds("n in (4, 5)", record));
    CHECK(holds(R"J(b in ("x y","z,)"))J", record));
    CHECK_FALSE(holds("b in (x,y)", record));
    CHECK(holds("not n in (4,6)", record));
    CHECK(holds(std::vector<std::string>{"n in (4, 5)", "b=x y"}, record));
    CHECK(holds(std::vector<std::string>{"n", "in", "(4,5)"}, record));
    CHECK(holds(std::vector<std::string>{"n", ">", "4"}, record));
}

TEST_CASE("what other languages write is understood as they mean it") {
    CHECK(holds("n == 5 && b =~ ^x", record));
    CHECK(holds("n=6 || c=or", record));
    CHECK(holds("n not in (4,6)", record));
    CHECK_FALSE(holds("n not in (4, 5)", record));
    CHECK(holds("n in(4,5)", record));
    CHECK(holds("n IN (4,5) AND NOT n IN (6)", record));
    CHECK(holds(std::vector<std::string>{"n not in (4, 6)", "n in(5)"}, record));
    CHECK_FALSE(holds("nobody in (1)", record));
    CHECK(holds("nobody not in (1)", record));
}

TEST_CASE("whole numbers are compared to their last digit") {
    const std::string large = R"({"event":"a","id":9007199254740993})";
    CHECK(holds("id>9007199254740992", large));
    CHECK_FALSE(holds("id<=9007199254740992", large));
    CHECK(holds("id>9007199254740992.0 or id>=9007199254740993", large));
}

TEST_CASE("a value that is made of others is found by its name") {
    const std::string clef = R"({"@t":"2026-01-01T00:00:04Z","@mt":"User {Name} logged in","Name":"ada"})";
    CHECK(holds("event='User ada logged in'", clef));
    CHECK(holds("event=hello", R"({"__REALTIME_TIMESTAMP":"1770109811000000","MESSAGE":[104,101,108,108,111]})"));
}

TEST_CASE("times are compared under whatever name they have, and negative durations are durations") {
    CHECK(holds("time<1d", R"({"time":"2026-01-01T00:00:01Z","msg":"a"})"));
    CHECK(holds("timestamp>1700000000", R"({"timestamp":"2026-01-01T00:00:01Z","event":"a"})"));
    CHECK_FALSE(holds("timestamp>1900000000", R"({"timestamp":"2026-01-01T00:00:01Z","event":"a"})"));
    CHECK(holds("dur_ms>-1s dur_ms<1s", R"({"event":"a","dur_ms":5})"));
    CHECK_FALSE(holds("took<1d", R"({"event":"a","took":5})"));
}

TEST_CASE("a blank behind a key of a line like ours hides nothing") {
    CHECK(holds("n=5", R"({"timestamp":"2026-01-01T00:00:01.000000Z","level":"info","event":"x","n": 5})"));
}

TEST_CASE("a word of a command line is a text with its blanks; quotes make texts of words that mean something") {
    CHECK(holds(std::vector<std::string>{"not found"}, record));
    CHECK_FALSE(holds("not found", record));
    CHECK(holds("\"not found\"", record));
    CHECK(holds("found (twice)", record));
    CHECK(holds("\"found (twice)\"", record));
    CHECK(holds(R"("or" c=or)", record));
    CHECK(holds("'a=1' or n=6", R"({"msg":"a=1"})"));
    CHECK_FALSE(holds("'a=1'", record));
}

TEST_CASE("what is wrong is said with its place") {
    const auto fault = [](std::string_view expression) {
        query wanted;
        try {
            wanted.require(expression);
        } catch (query_error const& error) {
            return std::string(error.what()) + " @" + std::to_string(error.position());
        }
        return std::string("none");
    };
    CHECK(fault("a=1 or") == "filter 'a=1 or', character 7: a filter is expected behind 'or' @6");
    CHECK(fault("or a=1") == "filter 'or a=1', character 1: a filter is expected @0");
    CHECK(fault("a=1 and or b=2") == "filter 'a=1 and or b=2', character 9: a filter is expected behind 'and' @8");
    CHECK(fault("(a=1") == "filter '(a=1', character 1: the '(' is not closed @0");
    CHECK(fault("a=1)") == "filter 'a=1)', character 4: ')' closes nothing @3");
    CHECK(fault("()") == "filter '()', character 2: a filter is expected behind '(' @1");
    CHECK(fault("a in ()") == "filter 'a in ()', character 7: a value is expected @6");
    CHECK(fault("a in (1") == "filter 'a in (1', character 6: the '(' is not closed @5");
    CHECK(fault("a=\"x") == "filter 'a=\"x', character 3: the quote has no end @2");
    CHECK(fault("n >=") == "filter 'n >=', character 5: a value is expected behind '>=' @4");
    CHECK(fault(">= 5") == "filter '>= 5', character 1: a key is expected before '>=' @0");
    CHECK(fault("x n>many") ==
          "filter 'x n>many', character 5: 'many' is not a number, a duration (1.5s), a level or a time; texts are "
          "compared with =, != and ~ @4");
    CHECK(fault("user~(") == "filter 'user~(', character 6: '(' is no regular expression: missing ): ( @5");
    CHECK(fault("ünal=x or") == "filter 'ünal=x or', character 10: a filter is expected behind 'or' @10");
    CHECK(fault("a=>5") == "filter 'a=>5', character 2: '=>' is no sign; '>=' is @1");
    CHECK(fault(">5") == "filter '>5', character 1: a key is expected before '>5' @0");
    CHECK(fault("timestamp>5").find("'5' is not a number") != std::string::npos);
    CHECK(fault(std::string(200, '(')).find("this nests deeper than 100 levels") != std::string::npos);
}

TEST_CASE("any text is understood or refused") {
    std::mt19937 random(3);
    const std::vector<std::string> pieces{"a", "=",  "1", " ", "(", ")",  "or", "not", "and",  "in", "\"",
                                          "'", "\\", "?", "~", ">", "[]", ",",  ".",   "\xff", "!"};
    int understood = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (auto n = random() % 12; n != 0; --n) text += pieces[random() % pieces.size()];
        query wanted;
        try {
            wanted.require(text);
            ++understood;
            (void)matches(wanted, record);
        } catch (query_error const& error) {
            if (error.position() > text.size()) FAIL_CHECK(text);
        }
    }
    CHECK(understood > 1'000);
}

TEST_CASE("a filter of chance holds for a record of chance where plain evaluation says so") {
    std::mt19937 random(11);
    int positive = 0;
    for (int i = 0; i < 20'000; ++i) {
        const json r = record_of_chance(random);
        const std::string line = r.dump(-1, ' ', random() % 2 == 0);
        const condition wanted = filter_of_chance(random, r, 3);
        CAPTURE(line, wanted.text);
        if (holds(wanted.text, line) != wanted.is_true) FAIL_CHECK("as a text: not " << wanted.is_true);
        if (holds(wanted.words, line) != wanted.is_true) FAIL_CHECK("as words: not " << wanted.is_true);
        positive += wanted.is_true ? 1 : 0;
    }
    CHECK(positive > 5'000);
    CHECK(positive < 15'000);
}

}  // namespace
