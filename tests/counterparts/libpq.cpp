// SPDX-License-Identifier: MIT
#include <logkit/adapter/libpq.hpp>

#include <cstdlib>
#include <memory>
#include <string>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using nlohmann::json;
namespace pq = logkit::pq;

namespace {

using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

class database {
  public:
    database() : connection_(PQconnectdb(std::getenv("DATABASE_URL"))) {
        INFO(PQerrorMessage(connection_));
        REQUIRE(PQstatus(connection_) == CONNECTION_OK);
        run("create temporary table users (id integer primary key, name text)");
        run("insert into users values (1, 'ada'), (2, 'grace'), (3, 'joan')");
    }
    database(database const&) = delete;
    database& operator=(database const&) = delete;
    ~database() { PQfinish(connection_); }
    [[nodiscard]] PGconn* connection() const { return connection_; }
    void run(const char* sql) {
        REQUIRE(PQresultStatus(result(PQexec(connection_, sql), PQclear).get()) == PGRES_COMMAND_OK);
    }

  private:
    PGconn* connection_;
};

TEST_CASE("libpq: what is quick and good is not told") {
    const database users;
    const logkit::testing::capture_logs logs;
    CHECK(PQntuples(result(pq::exec(users.connection(), "select * from users"), PQclear).get()) == 3);
    CHECK(logs.records().empty());
}

TEST_CASE("libpq: what is slow is told with its rows and without its literals") {
    const database users;
    const logkit::testing::capture_logs logs;
    const result read(pq::exec(users.connection(), "select name, pg_sleep(0.06) from users where name <> 'secret'"),
                      PQclear);
    CHECK(PQntuples(read.get()) == 3);
    const json end = json::parse(logs.records("END").at(0).json);
    CHECK(end["span"] == "postgres");
    CHECK(end["level"] == "warning");
    CHECK(end["rows"] == 3);
    CHECK(end["statement"] == "select name, pg_sleep(?) from users where name <> ?");
}

TEST_CASE("libpq: what fails is told with the server's error code") {
    const database users;
    const logkit::testing::capture_logs logs;
    const char* const values[] = {"1", "ada"};
    const result again(pq::exec_params(users.connection(), "insert into users values ($1, $2)", 2, nullptr, values,
                                       nullptr, nullptr, 0),
                       PQclear);
    CHECK(PQresultStatus(again.get()) == PGRES_FATAL_ERROR);
    const json end = json::parse(logs.records("END").at(0).json);
    CHECK(end["status"] == "error");
    CHECK(end["sqlstate"] == "23505");
    CHECK(end["reason"] == "duplicate key value violates unique constraint \"users_pkey\"");
    CHECK(end["statement"] == "insert into users values ($1, $2)");
}

TEST_CASE("libpq: rows that a prepared statement changed, and a connection that is gone") {
    const database users;
    const logkit::testing::capture_logs logs;
    (void)result(PQprepare(users.connection(), "rename",
                           "update users set name = name || $1 where pg_sleep(0.04) is not null", 1, nullptr),
                 PQclear);
    const char* const values[] = {"x"};
    (void)result(pq::exec_prepared(users.connection(), "rename", 1, values, nullptr, nullptr, 0), PQclear);
    CHECK(json::parse(logs.records("END").at(0).json)["rows"] == 3);
    const result gone(pq::exec(users.connection(), "select pg_terminate_backend(pg_backend_pid())"), PQclear);
    const json end = json::parse(logs.records("END").at(1).json);
    CHECK(end["status"] == "error");
    const std::string reason = end.value("reason", "");
    CHECK(reason.starts_with("FATAL:  terminating connection"));
    CHECK_FALSE(reason.ends_with('\n'));
    (void)result(pq::exec(users.connection(), "select 1"), PQclear);
    CHECK(json::parse(logs.records("END").at(2).json)["reason"].get<std::string>().find("connection") !=
          std::string::npos);
}

}  // namespace
