// SPDX-License-Identifier: MIT
#include <logkit/control/masking.hpp>

#include <random>
#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::detail::masked_header;
using logkit::detail::masked_sql;
using logkit::detail::masked_url;

TEST_CASE("URLs keep their shape and lose their secrets") {
    CHECK(masked_url("http://example.com/a/b") == "http://example.com/a/b");
    CHECK(masked_url("http://u:p@example.com:80/a?x=1&api_key=k&y#frag") ==
          "http://***@example.com:80/a?x=1&api_key=***&y");
    CHECK(masked_url("/path@home?password=a=b&&z=") == "/path@home?password=***&&z=");
    CHECK(masked_url("http://h:80/p?mail=a@b") == "http://h:80/p?mail=a@b");
    CHECK(masked_url("http://h/?q=http://u:p@x/") == "http://***@x/");
    for (const char* secret_url : {"http://u:hun/ter2@h/", "u:hun#ter2@h", "u:hun?ter2@h", "//u:hunter2@h",
                                   "u:hunter2@h", "/?access%5Ftoken=hunter2", "/?user[password]=hunter2",
                                   "/?a=1;password=hunter2", "/?X-Amz-Signature=hunter2", "/?sig=hunter2"}) {
        INFO(secret_url);
        CHECK(masked_url(secret_url).find("ter2") == std::string::npos);
    }
    CHECK(masked_url("ftp://u@h") == "ftp://***@h");
    CHECK(masked_url("http://h?token") == "http://h?token");
    CHECK(masked_url("?") == "?");
    CHECK(masked_url("").empty());
}

TEST_CASE("headers with credentials are hidden, in any case") {
    CHECK(masked_header("AUTHORIZATION", "Basic x") == "***");
    CHECK(masked_header("cookie", "a=b") == "***");
    CHECK(masked_header("X-Api-Key", "k") == "***");
    CHECK(masked_header("Content-Type", "text/html") == "text/html");
}

TEST_CASE("SQL keeps its shape and loses its literals and comments") {
    CHECK(masked_sql("SELECT name FROM users WHERE id = 42 AND mail='a@b' LIMIT 10") ==
          "SELECT name FROM users WHERE id = ? AND mail=? LIMIT ?");
    CHECK(masked_sql("INSERT INTO t1 (a, b2) VALUES ('it''s', -1.5e-3), (0xFF, .5)") ==
          "INSERT INTO t1 (a, b2) VALUES (?, -?), (?, ?)");
    CHECK(masked_sql("SELECT N'ü' || E'it\\'s' || X'ff' || 'C:\\\\'") == "SELECT ? || ? || ? || ?");
    CHECK(masked_sql("SELECT \"col\", \"a\".\"b\" FROM `tab` WHERE [c d] = \"text value\" AND e = \"word\"") ==
          "SELECT \"col\", \"a\".\"b\" FROM `tab` WHERE [c d] = ? AND e = ?");
    CHECK(masked_sql("SELECT $tag$secret $$ text$tag$, $$x$$, $1") == "SELECT ?, ?, $1");
    CHECK(masked_sql("SELECT 1 -- secret\nFROM t /* secret */ WHERE a#>'{b}' # secret") ==
          "SELECT ?  FROM t   WHERE a#>?  ");
    CHECK(masked_sql("SELECT 'never ends") == "SELECT ?");
    CHECK(masked_sql("/* never ends").find("never") == std::string::npos);
}

TEST_CASE("no secret gets through whatever surrounds its quotes, and nothing is read beyond the end") {
    std::mt19937 random(7);
    const std::string alphabet = "'\"`[]$-/*#\\ ,=()ab1.e";
    for (int i = 0; i < 20000; ++i) {
        std::string noise;
        for (auto n = random() % 20; n != 0; --n) noise += alphabet[random() % alphabet.size()];
        (void)masked_sql(noise);
        (void)masked_url(noise);
    }
    for (const char* sql :
         {"WHERE a = 'secret' AND b IN ('secret','secret')", "SELECT ARRAY['secret','x']", "ANY(ARRAY[4111])",
          "j = j['secret']", "path = 'C:\\' AND password = 'secret'", "LIKE '10\\%' ESCAPE '\\' AND pw='secret'",
          "VALUES (1, \"secret\", \"x\")", "IN (\"a\", \"secret\")", "LIKE \"secret\"", "IDENTIFIED BY \"secret\"",
          "BETWEEN \"secret\" AND \"secret\"", "= \n\"secret\"", "/* a /* b */ secret */", "SELECT E'\\'secret'"}) {
        INFO(sql);
        CHECK(masked_sql(sql).find("secret") == std::string::npos);
        CHECK(masked_sql(sql).find("4111") == std::string::npos);
    }
}
