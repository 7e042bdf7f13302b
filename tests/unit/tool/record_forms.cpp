// SPDX-License-Identifier: MIT
#include "insight/record_forms.hpp"
#include "insight/json.hpp"
#include "insight/story.hpp"

#include <support/catch.hpp>
#include <support/logs.hpp>

namespace {

using support::json_lines;

template <class Form>
std::string form_of(std::string const& line, Form&& form) {
    std::string out;
    insight::with_entry(line, [&](logkit::entry const& e) { out = form(e); });
    return out;
}
std::string json_of(std::string const& line, insight::key_choice const& keys) {
    return form_of(json_lines(line), [&](logkit::entry const& e) { return insight::json_of(e, keys); });
}

const std::string shop =
    "{'timestamp':'2026-02-03T09:10:11.5Z','level':'info','event':'sold','user':{'id':7,'name':'ada'},'rows':3}";

TEST_CASE("of the chosen keys, those that are there, in the order of the choice") {
    CHECK(json_of(shop, {{"rows", "event", "nothing"}, {}}) == json_lines("{'rows':3,'event':'sold'}"));
    CHECK(json_of(shop, {{"user.id", "level"}, {}}) == json_lines("{'user.id':7,'level':'info'}"));
    CHECK(json_of(shop, {{}, {"user", "timestamp"}}) == json_lines("{'level':'info','event':'sold','rows':3}"));
    CHECK(json_of(shop, {{"nothing"}, {}}) == "{}");
}

TEST_CASE("a key stands for what is inside of it, where the record writes that flat") {
    CHECK(json_of("{'level':'info','event':'a','user.id':7,'users':1}", {{"user"}, {}}) == json_lines("{'user.id':7}"));
    CHECK(json_of("{'event':'a','user.id':7,'users':1}", {{}, {"user"}}) == json_lines("{'event':'a','users':1}"));
}

TEST_CASE("what is hidden inside of an object is in no form") {
    const std::string line =
        "{'event':'a','user':{'name':'ada','password':'s3cret','more':[{'password':'s3cret'},{'x':1}]},'user.password':"
        "'"
        "s3cret'}";
    const insight::key_choice keys{{}, {"user.password", "user.more.password"}};
    CHECK(json_of(line, keys) == json_lines("{'event':'a','user':{'name':'ada','more':[{},{'x':1}]}}"));
    CHECK(form_of(json_lines(line), [&](logkit::entry const& e) {
              return insight::logfmt_of(e, keys);
          }).find("s3cret") == std::string::npos);
    CHECK(json_of(line, {{"user"}, {"user.more", "user.password"}}) == json_lines("{'user':{'name':'ada'}}"));
    CHECK(form_of(json_lines(line), [](logkit::entry const& e) {
              return insight::logfmt_of(e, {{"user.name"}, {}});
          }) == "user.name=ada");
    CHECK(json_of("{'event':'x','a':{'b':1},'a.d':3}", {{"a"}, {}}) == json_lines("{'a':{'b':1},'a.d':3}"));
}

TEST_CASE("a column that was named is the record's own key") {
    const auto row = [](std::vector<std::string> const& names) {
        return form_of(json_lines("{'level':'info','message':'hello'}"), [&](logkit::entry const& e) {
            return insight::csv_row(e, insight::columns_of({names, {}}));
        });
    };
    CHECK(row({"message", "exception"}) == "hello,\"\"");
    CHECK(row({}).starts_with("\"\",info,hello,"));
}

TEST_CASE("another logger's record is found under the record format's names") {
    const std::string line = "{'time':1770109811,'severity':'WARNING','msg':'low','n':1}";
    CHECK(json_of(line, {{"timestamp", "level", "event"}, {}}) ==
          json_lines("{'timestamp':'2026-02-03T09:10:11.000000Z','level':'warning','event':'low'}"));
}

TEST_CASE("numbers are told to their last digit, and what is no JSON becomes a text") {
    CHECK(json_of("{'event':'a','n':12345678901234567890,'x':1.0}", {{"n", "x"}, {}}) ==
          json_lines("{'n':12345678901234567890,'x':1.0}"));
    for (const char* const line : {"{'event':'a','n':NaN}", "{'event':'a','n':{'a':[1,NaN]}}"})
        CHECK(nlohmann::json::accept(json_of(line, {{"n"}, {}})));
}

TEST_CASE("logfmt begins with time, level and event, and quotes what has blanks") {
    CHECK(form_of(json_lines("{'event':'no room','level':'error','a b':1,'q':'say =','e':'','o':{'x':1}}"),
                  [](logkit::entry const& e) { return insight::logfmt_of(e, {}); }) ==
          R"(level=error event="no room" a_b=1 q="say =" e="" o="{\"x\":1}")");
    CHECK(form_of(json_lines(shop), [](logkit::entry const& e) {
              return insight::logfmt_of(e, {{"rows"}, {}});
          }) == "rows=3");
}

TEST_CASE("cells of a table cannot be taken for two") {
    const std::string line = json_lines("{'event':'a\\tb\\nc','x':'=1+1','n':-5,'q':'say \\\"hi\\\", he'}");
    const auto csv = [](logkit::entry const& e) {
        return insight::csv_row(e, insight::columns_of({{"event", "x", "n", "q", "none"}, {}}));
    };
    CHECK(form_of(line, csv) == "\"a\tb\nc\",\"'=1+1\",-5,\"say \"\"hi\"\", he\",\"\"");
    const auto tsv = [](logkit::entry const& e) {
        return insight::tsv_row(e, insight::columns_of({{"event", "x", "none", "n"}, {}}));
    };
    CHECK(form_of(line, tsv) == "a\\tb\\nc\t=1+1\t\t-5");
}

}  // namespace
