// SPDX-License-Identifier: MIT
#include <logkit/reader/severity.hpp>

#include <support/catch.hpp>

namespace {

using logkit::level;
using logkit::detail::level_scale;

std::optional<level> level_of(const char* json, level_scale scale = level_scale::common) {
    return logkit::detail::level_from_json(logkit::json_view(json), scale);
}

TEST_CASE("levels have many names") {
    struct spelling {
        const char* json;
        level meaning;
    };
    const spelling spellings[] = {
        {R"("Warning")", level::warning},
        {R"("NOTICE")", level::info},
        {R"("err")", level::error},
        {R"("emergency")", level::critical},
        {R"("ERROR-1")", level::error},
        {R"("INFO+2")", level::info},
        {R"("I")", level::info},
        {R"("W")", level::warning},
        {R"("E")", level::error},
        {R"("F")", level::critical},
        {R"("D")", level::debug},
        {R"("D2")", level::debug},
        {R"("ERRO")", level::error},
        {R"("FATA")", level::critical},
        {R"("WRN")", level::warning},
        {R"("INF")", level::info},
        {R"("FTL")", level::critical},
        {R"("DBG")", level::debug},
        {R"("trc")", level::trace},
        {R"("[ERROR]")", level::error},
        {R"(" info ")", level::info},
        {R"("error:")", level::error},
        {R"("<warn>")", level::warning},
        {R"("SEVERE")", level::error},
        {R"("Information")", level::info},
        {R"("LOG")", level::info},
        {R"("PANIC")", level::critical},
        {R"("DEBUG3")", level::debug},
        {R"("\u001b[31merror\u001b[39m")", level::error},
        {R"("\u001b[1;33mWARN\u001b[0m")", level::warning},
    };
    for (spelling const& s : spellings) {
        INFO(s.json);
        CHECK(level_of(s.json) == s.meaning);
    }
    for (const char* json :
         {R"("loud")", R"("off")", "null", "true", "{}", "[]", R"("")", R"("x")", R"("errors occurred")"}) {
        INFO(json);
        CHECK_FALSE(level_of(json));
    }
}

TEST_CASE("numbers mean what their scale says") {
    CHECK(level_of("10") == level::trace);  // pino
    CHECK(level_of("50") == level::error);
    CHECK(level_of("60") == level::critical);
    CHECK(level_of("400") == level::error);  // Monolog
    CHECK(level_of("250") == level::info);
    CHECK(level_of("550") == level::critical);
    CHECK(level_of("40000") == level::error);  // logback
    CHECK_FALSE(level_of("3"));                // of what?
    CHECK(level_of("3", level_scale::syslog) == level::error);
    CHECK(level_of("\"4\"", level_scale::syslog) == level::warning);
    CHECK(level_of("5", level_scale::syslog) == level::info);
    CHECK(level_of("6", level_scale::syslog) == level::info);
    CHECK(level_of("7", level_scale::syslog) == level::debug);
    CHECK(level_of("0", level_scale::syslog) == level::critical);
    CHECK_FALSE(level_of("8", level_scale::syslog));
    CHECK(level_of("40", level_scale::python) == level::error);
    CHECK(level_of("50", level_scale::python) == level::critical);
    CHECK(level_of("500", level_scale::google) == level::error);
    CHECK(level_of("400", level_scale::google) == level::warning);
    CHECK(level_of("17", level_scale::otel) == level::error);
    CHECK(level_of("9", level_scale::otel) == level::info);
}

}  // namespace
