// SPDX-License-Identifier: MIT
#include "insight/keys.hpp"
#include "insight/answers.hpp"

#include <map>

#include <support/catch.hpp>
#include <support/logs.hpp>

namespace {

using support::json_lines;

insight::key_survey keys_of(std::string const& log) {
    const support::written_log written(log);
    insight::scan_report scanned;
    return gather_all<insight::key_survey>(insight::source::of(written.files()), scanned);
}
std::map<std::string, insight::key_profile> by_key(insight::key_survey const& found) {
    std::map<std::string, insight::key_profile> all;
    for (auto const& [key, profile] : found.keys()) all.emplace(key, *profile);
    return all;
}

TEST_CASE("each key is told with its types, its ends and its most frequent values") {
    const auto keys =
        by_key(keys_of(json_lines("{'event':'a','n':5,'user':{'id':1,'name':'ada'},'tags':['x']}\n"
                                  "{'event':'a','n':-2,'user':{'id':2,'name':'ada'},'flag':true}\n"
                                  "{'event':'b','n':'many','user':null}\n")));
    CHECK(keys.at("event").values(1) == std::vector<std::pair<std::string, std::uint64_t>>{{"\"a\"", 2}});
    CHECK(keys.at("n").of_type(insight::value_type::number) == 2);
    CHECK(keys.at("n").of_type(insight::value_type::text) == 1);
    CHECK(keys.at("n").smallest() == -2);
    CHECK(keys.at("n").largest() == 5);
    CHECK(keys.at("user.name").records() == 2);
    CHECK(keys.at("user").of_type(insight::value_type::null) == 1);
    CHECK(keys.at("tags").of_type(insight::value_type::list) == 1);
    CHECK(keys.at("tags").value_count() == 0);
    CHECK(keys.at("flag").of_type(insight::value_type::boolean) == 1);
}

TEST_CASE("a key counts once a record, and a value is the same however it is written") {
    const auto keys =
        by_key(keys_of(json_lines("{'event':'a','a':{'b':1},'a.b':2,'c':{}}\n"
                                  "{'event':'a','a.b':2,'name':'caf\\u00e9'}\n"
                                  "{'event':'a','name':'café'}\n")));
    CHECK(keys.at("a.b").records() == 2);
    CHECK(keys.at("name").value_count() == 1);
    CHECK(keys.at("c").of_type(insight::value_type::object) == 1);
}

TEST_CASE("what threads have seen apart is one survey") {
    std::string log;
    for (int i = 0; i < 50'000; ++i)
        log += "{\"level\":\"info\",\"event\":\"a\",\"path\":" + std::to_string(i % 7) + ",\"n\":" + std::to_string(i) +
               "}\n";
    const auto keys = by_key(keys_of(log));
    CHECK(keys.at("path").records() == 50'000);
    CHECK(keys.at("path").value_count() == 7);
    CHECK(keys.at("path").values(1).at(0) == std::pair<std::string, std::uint64_t>{"0", 7'143});
    CHECK_FALSE(keys.at("path").has_many_values());
    CHECK(keys.at("n").has_many_values());
    CHECK(keys.at("n").largest() == 49'999);
}

TEST_CASE("neither many keys nor long values take memory without bound") {
    std::string log;
    for (int i = 0; i < 3'000; ++i) log += "{\"event\":\"a\",\"k" + std::to_string(i) + "\":1}\n";
    log += "{\"event\":\"" + std::string(1'000, 'x') + "\\u00fc\"}\n";
    const auto found = keys_of(log);
    CHECK(found.has_many_keys());
    CHECK(found.keys().size() <= 2'000);
    CHECK(found.records() == 3'001);
    for (auto const& [value, times] : by_key(found).at("event").values(10)) CHECK(value.size() < 250);
}

}  // namespace
