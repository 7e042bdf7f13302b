// SPDX-License-Identifier: MIT
#include <logkit/ship/verdict.hpp>

#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;
using said = verdict::kind;

namespace {

verdict of(long status, std::string body = "") {
    http_answer answer;
    answer.status = status;
    answer.body = std::move(body);
    return judge(answer);
}

}  // namespace

TEST_CASE("each status has its verdict") {
    for (auto const& [status, wanted] : {std::pair{401L, said::hold},
                                         {403L, said::hold},
                                         {404L, said::hold},
                                         {301L, said::hold},
                                         {307L, said::hold},
                                         {413L, said::halve},
                                         {415L, said::plain},
                                         {400L, said::bisect},
                                         {422L, said::bisect},
                                         {408L, said::later},
                                         {429L, said::later},
                                         {500L, said::later},
                                         {503L, said::later},
                                         {204L, said::later},
                                         {201L, said::later},
                                         {418L, said::later}}) {
        CAPTURE(status);
        CHECK(of(status).what == wanted);
    }
    CHECK(of(400, R"({"error":{"code":"bad_stream","message":"no"}})").what == said::hold);
}

TEST_CASE("only an answer with a position moves") {
    CHECK(of(200, R"({"accepted":1,"position":5,"hash":"h"})").what == said::move);
    CHECK(of(200, R"({"accepted":1,"position":5,"hash":"h"})").position == 5);
    for (const char* body : {"", "{}", "<html></html>", R"({"accepted":1,"position":5,"ha)", "null"})
        CHECK(of(200, body).what == said::later);
}

TEST_CASE("a conflict says where the server stands") {
    const auto conflict = [](const char* code) {
        return of(409, std::string(R"({"error":{"code":")") + code +
                           R"(","message":"m","details":[{"position":7,"hash":"h"}]}})");
    };
    CHECK(conflict("stream_gap").what == said::gap);
    CHECK(conflict("stream_overlap").what == said::move);
    CHECK(conflict("stream_forked").what == said::fork);
    CHECK(conflict("stream_gap").position == 7);
    CHECK(conflict("stream_gap").hash == "h");
    CHECK(of(409).what == said::later);
}

TEST_CASE("without an answer it is tried later, with less where the server was slow") {
    for (const http_failure how : {http_failure::unreachable, http_failure::cut, http_failure::timed_out}) {
        http_answer answer;
        answer.failure = how;
        CHECK(judge(answer).what == said::later);
        CHECK(judge(answer).was_too_slow == (how == http_failure::timed_out));
    }
    http_answer busy;
    busy.status = 429;
    busy.retry_after_s = 30;
    CHECK(judge(busy).wait_s == 30U);
}
