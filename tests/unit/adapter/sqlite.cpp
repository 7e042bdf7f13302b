// SPDX-License-Identifier: MIT
#include <logkit/adapter/sqlite.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using nlohmann::json;
namespace sqlite = logkit::sqlite;

namespace {

// SQLite can be told this only before anything else.
const int errors_are_logged = sqlite::log_errors();

class database {
  public:
    database() {
        REQUIRE(sqlite3_open(":memory:", &connection_) == SQLITE_OK);
        run("create table users (id integer primary key, name text unique)");
        run("insert into users values (1, 'ada'), (2, 'grace'), (3, 'joan')");
    }
    database(database const&) = delete;
    database& operator=(database const&) = delete;
    ~database() { sqlite3_close(connection_); }
    void run(const char* sql) { REQUIRE(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }
    // Steps to the end; the last result.
    int step_all(std::string_view sql) {
        sqlite3_stmt* statement = nullptr;
        REQUIRE(sqlite3_prepare_v2(connection_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) ==
                SQLITE_OK);
        int result = SQLITE_ROW;
        {
            sqlite::traced_statement span{"query", statement, logkit::slow_after(std::chrono::seconds(0))};
            while (result == SQLITE_ROW) result = span.step();
        }
        sqlite3_finalize(statement);
        return result;
    }
    [[nodiscard]] sqlite3* connection() const { return connection_; }

  private:
    sqlite3* connection_ = nullptr;
};

json end_of(logkit::testing::capture_logs const& logs) {
    return json::parse(logs.records("END").at(0).json);
}

TEST_CASE("a traced statement tells its rows and no literals") {
    database users;
    const logkit::testing::capture_logs logs;
    CHECK(users.step_all("select name from users where name <> 'secret'") == SQLITE_DONE);
    const json end = end_of(logs);
    CHECK(end["statement"] == "select name from users where name <> ?");
    CHECK(end["rows"] == 3);
    CHECK(end["status"] == "success");
}

TEST_CASE("a traced statement tells how many rows it changed") {
    database users;
    const logkit::testing::capture_logs logs;
    CHECK(users.step_all("update users set name = name || 'x' where id > 1") == SQLITE_DONE);
    CHECK(end_of(logs)["rows"] == 2);
}

TEST_CASE("a traced statement that changes and returns counts once; one that waited for a lock is no failure") {
    database users;
    const logkit::testing::capture_logs logs;
    CHECK(users.step_all("insert into users values (4, 'x'), (5, 'y') returning id") == SQLITE_DONE);
    CHECK(end_of(logs)["rows"] == 2);
    sqlite3 *one = nullptr, *other = nullptr;
    const char* const name = "busy.sqlite";
    std::remove(name);
    REQUIRE(sqlite3_open(name, &one) == SQLITE_OK);
    REQUIRE(sqlite3_open(name, &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(one, "create table t (x); begin immediate", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(other, "insert into t values (1)", -1, &statement, nullptr) == SQLITE_OK);
    {
        sqlite::traced_statement span{"insert", statement, logkit::slow_after(std::chrono::seconds(0))};
        CHECK(span.step() == SQLITE_BUSY);
        REQUIRE(sqlite3_exec(one, "commit", nullptr, nullptr, nullptr) == SQLITE_OK);
        CHECK(span.step() == SQLITE_DONE);
    }
    sqlite3_finalize(statement);
    sqlite3_close(one);
    sqlite3_close(other);
    const json end = json::parse(logs.records("END").at(1).json);
    CHECK(end["status"] == "success");
    CHECK(end["rows"] == 1);
    sqlite::traced_statement none{"none", nullptr};
    CHECK(none.step() == SQLITE_MISUSE);
}

TEST_CASE("a traced statement that fails tells the error, and so does SQLite's own log") {
    database users;
    const logkit::testing::capture_logs logs;
    CHECK(users.step_all("insert into users values (9, 'ada')") == SQLITE_CONSTRAINT);
    const json end = end_of(logs);
    CHECK(end["status"] == "error");
    CHECK(end["code"] == SQLITE_CONSTRAINT_UNIQUE);
    CHECK(end["reason"] == "UNIQUE constraint failed: users.name");
    REQUIRE(errors_are_logged == SQLITE_OK);
    bool is_told = false;
    for (auto const& record : logs.records()) is_told = is_told || record.logger == "sqlite";
    CHECK(is_told);
}

TEST_CASE("every slow statement of a traced connection is told") {
    database users;
    const logkit::testing::capture_logs logs;
    REQUIRE(sqlite::trace_slow(users.connection(), std::chrono::milliseconds(5)) == SQLITE_OK);
    users.run("select 1");
    users.run(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000) select count(*) from n where "
        "i <> 7");
    REQUIRE(logs.records("END").size() == 1);
    const json end = end_of(logs);
    CHECK(end["span"] == "sqlite");
    CHECK(end["level"] == "warning");
    CHECK(end["dur_ms"] >= 5);
    CHECK(end["statement"].get<std::string>().find("i <> ?") != std::string::npos);
}

}  // namespace
