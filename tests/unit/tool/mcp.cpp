// SPDX-License-Identifier: MIT
#include "insight/digest_text.hpp"
#include "mcp/bounded.hpp"
#include "mcp/protocol.hpp"
#include "mcp/tools.hpp"

#include <filesystem>
#include <limits>
#include <random>
#include <set>

#include <support/catch.hpp>
#include <support/logs.hpp>

namespace {

using mcp::json;

// A log that grows, is rotated, and is asked.
class asked_log {
  public:
    void write(std::string const& lines) { std::ofstream(path(), std::ios::app | std::ios::binary) << lines; }
    void write_numbered(int from, int to, std::string const& more = "") {
        std::string lines;
        for (int n = from; n < to; ++n) {
            char time[60];
            std::snprintf(time, sizeof time, "2026-02-03T%02d:%02d:%02d.000000Z", n / 3600 % 24, n / 60 % 60, n % 60);
            lines += "{\"timestamp\":\"" + std::string(time) +
                     "\",\"level\":\"info\",\"event\":\"a\",\"n\":" + std::to_string(n) + more + "}\n";
        }
        write(lines);
    }
    [[nodiscard]] std::string path() const { return folder_.file("run.log"); }
    void rotate() {
        for (int i = 8; i > 0; --i) {
            const std::string old = path() + '.' + std::to_string(i);
            if (std::filesystem::exists(old)) std::filesystem::rename(old, path() + '.' + std::to_string(i + 1));
        }
        std::filesystem::rename(path(), path() + ".1");
    }
    [[nodiscard]] json call(std::string const& tool, json given = json::object()) const {
        return mcp::call_tool({{"name", tool}, {"arguments", std::move(given)}}, [&](mcp::rotated_files) {
            return mcp::log_view{logkit::open_logs({path() + '*'}), {}};
        });
    }
    [[nodiscard]] std::string text(std::string const& tool, json given = json::object()) const {
        const json answer = call(tool, std::move(given));
        INFO(answer.dump());
        CHECK(answer["isError"] == false);
        return answer["content"][0]["text"];
    }
    [[nodiscard]] json document(std::string const& tool, json given = json::object()) const {
        return json::parse(text(tool, std::move(given)));
    }
    [[nodiscard]] std::string complaint(std::string const& tool, json given = json::object()) const {
        const json answer = call(tool, std::move(given));
        CHECK(answer["isError"] == true);
        return answer["content"][0]["text"];
    }

  private:
    support::temporary_folder folder_;
};

json chance_document(std::mt19937& chance, int depth) {
    switch (chance() % (depth > 3 ? 3 : 5)) {
        case 0:
            return static_cast<int>(chance());
        case 1:
            return std::string(chance() % 3 == 0 ? chance() % 9'000 : chance() % 30, chance() % 2 == 0 ? 'x' : '7') +
                   "\u00fc\u202e";
        case 2:
            return nullptr;
        case 3: {
            json list = json::array();
            for (auto n = chance() % (depth == 0 ? 80 : 6); n > 0; --n)
                list.push_back(chance_document(chance, depth + 1));
            return list;
        }
        default: {
            json object = json::object();
            for (auto n = chance() % (depth == 0 ? 40 : 6); n > 0; --n)
                object[std::string(chance() % 50 == 0 ? 3'000 : 4, 'k') + std::to_string(n)] =
                    chance_document(chance, depth + 1);
            return object;
        }
    }
}

TEST_CASE("no answer takes more tokens than it may, whatever is in it") {
    std::mt19937 chance(5);
    for (int round = 0; round < 150; ++round) {
        const std::size_t most = 300 + chance() % 4'000;
        json head{{"total", 12}, {"more", chance_document(chance, 2)}};
        mcp::bounded_list page(head, "items", most);
        std::size_t added = 0;
        while (added < 100 && page.add(chance_document(chance, 0))) ++added;
        const std::string text = page.text(std::nullopt, added);
        CHECK(insight::estimate_tokens(text) <= most);
        CHECK(added >= 1);
        const json told = json::parse(text);
        CHECK(told["items"].size() == added);
        CHECK(told["shown"] == added);
        json lists = json::object();
        for (int i = 0; i < 5; ++i) {
            lists["list" + std::to_string(i)] = json::array();
            for (auto n = chance() % 60; n > 0; --n)
                lists["list" + std::to_string(i)].push_back(chance_document(chance, 1));
        }
        const std::string document = mcp::bounded_document(lists, most);
        CHECK(insight::estimate_tokens(document) <= most);
        const json read = json::parse(document);
        for (auto const& [key, list] : lists.items()) {
            const std::size_t left_out = read.contains("left_out") ? read["left_out"].value(key, std::size_t{0}) : 0;
            CHECK(read[key].size() + left_out == list.size());
        }
    }
}

TEST_CASE("a long value is cut in its middle, and says how much is missing") {
    const std::string text = "begins " + std::string(5'000, '.') + " ends";
    const std::string cut = mcp::shortened(text, {100, 5, 5});
    CHECK(cut.starts_with("begins "));
    CHECK(cut.ends_with(" ends"));
    CHECK(cut.find("bytes left out") != std::string::npos);
    CHECK(cut.size() < 150);
    CHECK(mcp::shortened(json{1, 2, 3, 4, 5, 6, 7}, {100, 5, 5}) == json{1, 2, 3, 4, 5, "\u2026(2 left out)"});
}

TEST_CASE("a cursor goes through all that matches, each once, while the log grows and is rotated") {
    asked_log log;
    log.write_numbered(0, 500);
    json given{{"filters", {"n>=100"}}, {"last", 37}, {"fields", {"n"}}};
    std::set<int> seen;
    for (int pages = 0; pages < 100; ++pages) {
        const json page = log.document("search", given);
        CHECK(page["matched"] == 400);
        int before = -1;
        for (json const& record : page["records"]) {
            CHECK(record["n"].get<int>() > before);
            before = record["n"];
            CHECK(seen.insert(before).second);
        }
        if (!page.contains("cursor")) break;
        given["cursor"] = page["cursor"];
        log.write_numbered(1'000 + pages, 1'003 + pages);
        if (pages % 3 == 0) log.rotate();
        if (pages % 3 == 0) log.write_numbered(2'000 + pages, 2'002 + pages);
    }
    CHECK(seen.size() == 400);
    CHECK(*seen.begin() == 100);
}

TEST_CASE("however many are asked for, a page goes on") {
    asked_log log;
    log.write_numbered(0, 200, ",\"path\":\"/a\"");
    json given{{"most", std::numeric_limits<std::uint64_t>::max()}, {"by", {"n"}}, {"max_tokens", 600}};
    std::size_t told = 0;
    for (int pages = 0; pages < 100; ++pages) {
        const json page = log.document("count", given);
        told += page["groups"].size();
        if (!page.contains("cursor")) break;
        given["cursor"] = page["cursor"];
    }
    CHECK(told == 200);
}

TEST_CASE("a cursor that fits no more is refused with what to do") {
    asked_log log;
    log.write_numbered(0, 100);
    const std::string cursor = log.document("search", {{"last", 5}})["cursor"];
    CHECK_THAT(log.complaint("search", {{"last", 6}, {"cursor", cursor}}), Catch::Contains("other arguments"));
    CHECK_THAT(log.complaint("errors", {{"cursor", cursor}}), Catch::Contains("other arguments"));
    for (const char* const nonsense : {"1", "x", "1.2.3", "..", "1.2.3.4-5-6", "99999999999999999999.1.1.1"})
        CHECK_THAT(log.complaint("search", {{"last", 5}, {"cursor", nonsense}}), Catch::StartsWith("cursor: "));
    CHECK(log.document("search", {{"last", 5}, {"cursor", cursor}, {"max_tokens", 600}})["shown"] == 5);
    // Cut and written again, as copytruncate does, or removed: nothing of it is told as if it were the log of then.
    std::ofstream(log.path(), std::ios::trunc).close();
    CHECK_THAT(log.complaint("search", {{"last", 5}, {"cursor", cursor}}), Catch::Contains("ask again"));
    log.write_numbered(1'000, 1'200);
    CHECK_THAT(log.complaint("search", {{"last", 5}, {"cursor", cursor}}), Catch::Contains("ask again"));
    const std::string other = log.document("search", {{"last", 5}})["cursor"];
    log.rotate();
    log.write_numbered(2'000, 2'100);
    CHECK(log.document("search", {{"last", 5}, {"cursor", other}})["records"][4]["n"] == 1'194);
    const std::string both = log.document("search", {{"last", 5}})["cursor"];
    std::filesystem::remove(log.path() + ".1");
    CHECK_THAT(log.complaint("search", {{"last", 5}, {"cursor", both}}), Catch::Contains("ask again"));
}

TEST_CASE("records around a time are the nearest on both sides") {
    asked_log log;
    log.write_numbered(0, 300);
    const json found = log.document("search", {{"around", "2026-02-03T00:02:00Z"}, {"last", 4}, {"fields", {"n"}}});
    CHECK(found["records"] == json{{{"n", 119}}, {{"n", 120}}, {{"n", 121}}, {{"n", 122}}});
    CHECK_FALSE(found.contains("cursor"));
    for (const int last : {1, 5})
        CHECK(log.document("search", {{"around", "2026-02-03T00:02:00Z"}, {"last", last}})["shown"] == last);
    const json cut = log.document("search", {{"around", "2026-02-03T00:02:00Z"}, {"last", 100}, {"max_tokens", 300}});
    CHECK(cut["shown"].get<int>() + cut["left_out"].get<int>() == 100);
}

TEST_CASE("of many logs, an answer and its cursor keep to the budget together") {
    support::temporary_folder folder;
    std::vector<std::string> names;
    for (int i = 0; i < 30; ++i) {
        names.push_back(folder.file(std::to_string(i) + ".log"));
        std::ofstream out(names.back());
        for (int n = 0; n < 20; ++n) out << "{\"level\":\"info\",\"event\":\"a\",\"n\":" << n << "}\n";
    }
    const auto open = [&](mcp::rotated_files) { return mcp::log_view{logkit::open_logs(names), {}}; };
    for (const std::size_t most : {300, 1'000, 4'000}) {
        const json answer = mcp::call_tool({{"name", "search"}, {"arguments", {{"max_tokens", most}}}}, open);
        const std::string text = answer["content"][0]["text"];
        CHECK(insight::estimate_tokens(text) <= most);
        CHECK((answer["isError"] == true ? text.find("at least") != text.npos : json::parse(text)["matched"] == 600));
    }
}

TEST_CASE("a trace is told in order, without what all of its records say alike") {
    asked_log log;
    log.write(support::json_lines(
        "{'timestamp':'2026-02-03T00:00:00.001000Z','level':'info','event':'in','trace_id':'aa','span_id':'1','user':'"
        "ada','span':'http'}\n"
        "{'timestamp':'2026-02-03T00:00:00.003000Z','level':'error','event':'END','trace_id':'aa','span_id':'1','user':"
        "'ada','span':'http','dur_ms':2.5,'status':'error'}\n"
        "{'timestamp':'2026-02-03T00:00:00.004000Z','level':'info','event':'other','trace_id':'bb'}\n"));
    for (const json& given : {json{{"id", "aa"}}, json{{"last_error", true}}, json{{"slowest", true}}}) {
        const json told = log.document("trace", given);
        CHECK(told["trace_id"] == "aa");
        CHECK(told["failed"] == true);
        CHECK(told["records_total"] == 2);
        CHECK(told["common"]["user"] == "ada");
        CHECK(told["spans"][0]["status"] == "error");
        CHECK_FALSE(told["records"][0].contains("user"));
        CHECK(told["records"][1]["at_ms"] > told["records"][0]["at_ms"]);
    }
    CHECK(log.document("trace", {{"id", "cc"}})["records_total"] == 0);
    CHECK_THAT(log.complaint("trace"), Catch::Contains("exactly one"));
}

TEST_CASE("counts, fields and differences are told as the commands tell them") {
    asked_log log;
    log.write_numbered(0, 100, ",\"path\":\"/a\"");
    log.write_numbered(100, 120, ",\"path\":\"/b\"");
    log.write("{\"timestamp\":\"2026-02-03T00:01:50Z\",\"level\":\"error\",\"event\":\"broken\"}\n");
    const json counted = log.document("count", {{"by", {"path"}}, {"of", {"n"}}});
    CHECK(counted["groups"][0]["values"]["path"] == "/a");
    CHECK(counted["groups"][0]["seen"] == 100);
    CHECK(counted["numbers"]["n"]["max"] == 119);
    const json steps = log.document("count", {{"every", "1m"}});
    CHECK(steps["steps"].size() == 2);
    CHECK(steps["steps"][0]["seen"] == 60);
    const json fields = log.document("fields", {{"filters", {"path?"}}});
    CHECK(fields["fields_total"] == 5);
    const json diff = log.document("diff", {{"since", "2026-02-03T00:01:40Z"}, {"until", "2026-02-03T00:02:00Z"}});
    CHECK(diff["after"]["records"] == 21);
    CHECK(diff["before"]["records"] == 20);
    CHECK(diff["new_failures"].size() == 1);
    CHECK_THAT(log.complaint("diff"), Catch::Contains("since"));
}

TEST_CASE("an argument that is not known is refused, and the one that was meant is named") {
    asked_log log;
    log.write_numbered(0, 1);
    CHECK_THAT(log.complaint("search", {{"filter", "n=1"}}), Catch::Contains("did you mean 'filters'?"));
    CHECK_THAT(log.complaint("serach"), Catch::Contains("did you mean 'search'?"));
    CHECK_THAT(log.complaint("search", {{"last", -1}}), Catch::Contains("positive"));
    CHECK_THAT(log.complaint("search", {{"filters", "n=1"}}), Catch::Contains("array"));
    CHECK_THAT(log.complaint("search", {{"filters", {"n=1 or"}}}), Catch::Contains("character"));
    CHECK_THAT(log.complaint("search", {{"since", "soon"}}), Catch::Contains("since 'soon'"));
    CHECK_THAT(log.complaint("errors", {{"max_tokens", 10}}), Catch::Contains("at least 300"));
    CHECK(log.complaint("search", {{std::string(100'000, 'x'), 1}}).size() < 2'500);
}

TEST_CASE("every tool keeps its budget over a log of monsters") {
    asked_log log;
    std::mt19937 chance(9);
    for (int i = 0; i < 60; ++i) {
        json record{
            {"timestamp", "2026-02-03T00:00:00.000001Z"}, {"level", "error"}, {"event", "e" + std::to_string(i)}};
        record["trace_id"] = std::to_string(i % 3);
        record["payload"] = chance_document(chance, 0);
        record[std::string(chance() % 2'000 + 1, 'y')] = chance_document(chance, 1);
        log.write(record.dump() + '\n');
    }
    for (json const& tool : mcp::tool_list())
        for (const std::size_t most : {300, 700, 4'000}) {
            json given{{"max_tokens", most}};
            if (tool["name"] == "trace") given["last_error"] = true;
            if (tool["name"] == "diff") given["since"] = "2026-02-03";
            const std::string text = log.text(tool["name"], given);
            INFO(tool["name"]);
            CHECK(insight::estimate_tokens(text) <= most);
            if (tool["name"] != "digest") CHECK(json::accept(text));
        }
}

}  // namespace
