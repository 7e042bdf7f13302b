// SPDX-License-Identifier: MIT
#include <logkit/ship/shipper.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <logkit.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>
#include <support/ship_server.hpp>

using namespace logkit::detail;
using support::ship_server;

namespace {

// A log of another program, a shipper of it, a server, and a clock that the test moves.
struct shipping {
    support::temporary_folder folder;
    std::string log = folder.file("a.log");
    ship_server server{};
    std::uint64_t now = 1'000'000'000;
    std::vector<std::string> said{};
    logkit::ship::settings settings{};
    std::unique_ptr<shipper> ship{};
    int written = 0;
    int recoveries = 0;
    const redaction_policy hidden{{}, {}};
    bool is_redacting = false;

    shipping() {
        settings.url = "http://u:geheim@server";
        settings.api_key = "geheim";
        settings.compression = logkit::ship::compression::none;
    }
    void write(int lines) {
        for (; lines > 0; --lines) std::ofstream(log, std::ios::app) << "{\"n\":" << written++ << "}\n";
    }
    void begin() {
        ship.reset();
        shipper_edges edges{
            server,
            [this] { return now; },
            [] { return std::uint64_t{0}; },
            [] { return std::string("2026-11-21T12:00:00Z"); },
            [this](logkit::level, std::string const&, std::string const& text) { said.push_back(text); },
            [this](std::string const&) { ++recoveries; },
            &hidden,
            is_redacting,
            "machine"};
        ship = std::make_unique<shipper>(log, "", settings, parse_ship_address("url", settings.url), edges, false);
    }
    // Steps until it rests, without letting time pass; or so many steps.
    void run(int most = 10'000) {
        if (ship == nullptr) begin();
        for (std::uint64_t next = now; next <= now && most > 0; --most) next = ship->step();
    }
    void later(std::uint64_t ns = 200'000'000'000) {
        now += ns;
        run();
    }
    [[nodiscard]] std::vector<std::string> expected(int from, int to) const {
        std::vector<std::string> lines;
        for (int n = from; n <= to; ++n) lines.push_back("{\"n\":" + std::to_string(n) + "}");
        return lines;
    }
    [[nodiscard]] std::string rejected() const { return support::read_file(log + ".rejected"); }
};

}  // namespace

TEST_CASE("lines go once, in order, and a restart goes on") {
    shipping s;
    s.settings.max_batch_size = 3;
    s.write(10);
    s.run();
    CHECK(s.server.kept.lines == s.expected(0, 9));
    CHECK(s.server.requests == 4);
    s.write(5);
    s.begin();
    s.run();
    CHECK(s.server.kept.lines == s.expected(0, 14));
    CHECK(s.ship->now() == shipper_state::idle);
    CHECK(s.server.kept.streams.size() == 1);
}

TEST_CASE("an answer that is lost costs a request, and no record") {
    shipping s;
    s.write(4);
    int lost = 2;
    s.server.afterwards = [&](ship_server::answer const&) -> std::optional<ship_server::answer> {
        if (lost-- > 0) return ship_server::failed(http_failure::cut);
        return std::nullopt;
    };
    s.run();
    s.later();
    s.write(4);
    s.later();
    s.later();
    CHECK(s.server.kept.lines == s.expected(0, 7));
}

TEST_CASE("a log whose writer leaves its link to the journals after the first look is ours from then on") {
    shipping s;
    s.write(3);
    s.run();
    s.later();
    const int before = s.recoveries;
    std::filesystem::create_symlink(s.folder.path(), journal_link_of(s.log));
    s.later();
    CHECK(s.ship->log().is_ours());
    s.write(2);
    s.later();
    CHECK(s.recoveries >= before + 2);  // dead writers are looked for, again and again
    CHECK(s.server.kept.lines == s.expected(0, 4));
}

TEST_CASE("an outage is said once, however long, and so is its end") {
    shipping s;
    s.write(2);
    bool is_away = true;
    s.server.instead = [&](auto const&) {
        return is_away ? std::optional(ship_server::failed(http_failure::unreachable)) : std::nullopt;
    };
    s.run();
    for (int minute = 0; minute < 24 * 60; ++minute) {  // a day
        if (minute % 10 == 0) s.write(1);
        s.later(60'000'000'000);
    }
    CHECK(s.said.size() == 1);
    CHECK(s.server.requests > 1'000);
    CHECK(s.server.requests < 2'000);
    is_away = false;
    s.later();
    CHECK(s.server.kept.lines == s.expected(0, s.written - 1));
    CHECK(s.said.size() == 2);
}

TEST_CASE("a key that is refused is said once, and nothing is dropped") {
    for (const long status : {401L, 403L, 404L}) {
        shipping s;
        s.write(2);
        bool is_refused = true;
        s.server.instead = [&](auto const&) {
            return is_refused ? std::optional(ship_server::with(status)) : std::nullopt;
        };
        s.run();
        for (int i = 0; i < 20; ++i) s.later(60'000'000'000);
        CHECK(s.said.size() == 1);
        CHECK(s.server.requests == 21);
        CHECK(s.ship->now() == shipper_state::held);
        is_refused = false;
        s.later();
        CHECK(s.server.kept.lines == s.expected(0, 1));
        for (std::string const& text : s.said) CHECK(text.find("geheim") == text.npos);
        CHECK(support::read_file(s.log + ".cursor").find("geheim") == std::string::npos);
    }
}

TEST_CASE("the record that a server refuses stands aside, masked, and the rest goes on") {
    shipping s;
    s.write(50);
    std::ofstream(s.log, std::ios::app) << "{\"n\":\"bad\",\"password\":\"geheim\"}\n";
    s.written = 50;
    s.write(49);
    s.server.instead = [&](ship_server::request const& r) {
        return r.body.find("bad") != r.body.npos
                   ? std::optional(ship_server::with(422, ship_server::error("bad_record")))
                   : std::nullopt;
    };
    s.run();
    CHECK(s.server.kept.lines == s.expected(0, 98));
    const auto line = nlohmann::json::parse(s.rejected());
    CHECK(line["status"] == 422);
    CHECK(line["position"] == 440);
    CHECK(line["record"]["password"] == "***");
    CHECK(s.ship->counts().rejected == 1);
    CHECK(s.ship->failures_in_a_row() == 0);
    // And it does not come back after a restart, although the server never got past it by itself.
    s.server.instead = nullptr;
    s.begin();
    s.write(1);
    s.run();
    CHECK(s.server.kept.lines == s.expected(0, 99));
    CHECK(s.server.kept.streams.size() == 1);
}

TEST_CASE("a batch that is too large is halved, a single record goes uncompressed, then aside") {
    shipping s;
    s.settings.compression = logkit::ship::compression::gzip;
    s.write(20);
    std::vector<bool> was_packed;
    s.server.instead = [&](ship_server::request const& r) -> std::optional<ship_server::answer> {
        was_packed.push_back(!ship_server::header(r, "Content-Encoding").empty());
        return ship_server::with(413);
    };
    s.run(12);
    CHECK(was_packed.size() >= 6);
    REQUIRE(std::find(was_packed.begin(), was_packed.end(), false) != was_packed.end());
    CHECK(nlohmann::json::parse(s.rejected().substr(0, s.rejected().find('\n')))["record"]["n"] == 0);
}

TEST_CASE("a server that does not know the encoding gets the lines as they are") {
    shipping s;
    s.settings.compression = logkit::ship::compression::zstd;
    s.write(3);
    s.server.instead = [&](ship_server::request const& r) {
        return ship_server::header(r, "Content-Encoding").empty() ? std::nullopt
                                                                  : std::optional(ship_server::with(415));
    };
    s.run();
    CHECK(s.server.kept.lines == s.expected(0, 2));
}

TEST_CASE("an answer that is no logkit server's moves nothing") {
    for (const char* body : {"<html>please log in</html>", "", "{}", "{\"position\":"}) {
        shipping s;
        s.write(3);
        s.server.instead = [&](auto const&) { return std::optional(ship_server::with(200, body)); };
        s.run();
        CHECK(s.ship->place().position == 0);
        CHECK(s.ship->now() == shipper_state::waiting);
        s.server.instead = nullptr;
        s.later();
        CHECK(s.server.kept.lines == s.expected(0, 2));
    }
}

TEST_CASE("a server that was restored gets again what it lost") {
    shipping s;
    s.write(5);
    s.run();
    const ship_server::store backup = s.server.kept;
    s.write(5);
    s.later();
    s.server.kept = backup;
    s.write(5);
    s.later();
    CHECK(s.server.kept.lines == s.expected(0, 14));
    CHECK(s.server.kept.gaps.empty());
}

TEST_CASE("what a restored server lost and nobody has any more is a gap, and said") {
    shipping s;
    s.write(5);
    s.run();
    const ship_server::store backup = s.server.kept;
    s.write(5);
    s.later();
    std::filesystem::rename(s.log, s.log + ".1");
    s.write(1);
    s.later();
    std::filesystem::remove(s.log + ".1");
    s.server.kept = backup;
    s.write(1);
    s.later();
    REQUIRE(s.server.kept.gaps.size() == 1);
    CHECK(s.server.kept.gaps[0].why == "acknowledged");
    CHECK(s.server.kept.lines.back() == "{\"n\":11}");
}

#ifdef LOGKIT_WITH_ZLIB
TEST_CASE("a packed file that is damaged when the server asks for it again is waited for") {
    shipping s;
    s.settings.max_batch_size = 2;
    s.write(5);
    std::filesystem::rename(s.log, s.log + ".1");
    REQUIRE(std::system(("gzip " + s.log + ".1").c_str()) == 0);
    s.write(1);
    ship_server::store backup;
    s.server.afterwards = [&](ship_server::answer const&) -> std::optional<ship_server::answer> {
        if (s.server.requests == 1) backup = s.server.kept;
        return {};
    };
    s.run();
    CHECK(s.server.kept.lines == s.expected(0, 5));
    const std::string packed = support::read_file(s.log + ".1.gz");
    std::filesystem::resize_file(s.log + ".1.gz", packed.size() / 2);
    s.server.kept = backup;
    s.write(1);
    s.later();
    CHECK(s.ship->now() == shipper_state::unreadable);
    CHECK(s.said.back().starts_with("cannot read " + s.log + ".1.gz"));
    std::fstream(s.log + ".1.gz", std::ios::in | std::ios::out) << packed;
    s.later();
    s.later();
    CHECK(s.server.kept.lines == s.expected(0, 6));
}
#endif

TEST_CASE("a restored server gets what it lost, whatever the files are called by now") {
    shipping s;
    s.write(3);
    s.run();
    const ship_server::store backup = s.server.kept;
    for (int i = 0; i < 3; ++i) {
        if (std::filesystem::exists(s.log + ".1")) std::filesystem::rename(s.log + ".1", s.log + ".2");
        if (i != 0) std::filesystem::rename(s.log, s.log + ".1");
        s.write(1);
        s.later();
    }
    s.server.kept = backup;
    s.write(1);
    s.later();
    CHECK(s.server.kept.lines == s.expected(0, 6));
    CHECK(s.server.kept.gaps.empty());
}

TEST_CASE("of what a restored server lost, the files that are still there are sent again") {
    shipping s;
    s.write(3);
    s.run();
    const ship_server::store backup = s.server.kept;
    s.write(2);
    s.later();
    for (const char* name : {".2", ".1"}) {
        if (std::filesystem::exists(s.log + ".1")) std::filesystem::rename(s.log + ".1", s.log + ".2");
        std::filesystem::rename(s.log, s.log + ".1");
        s.write(1);
        s.later();
        CAPTURE(name);
    }
    std::filesystem::remove(s.log + ".2");  // with the lines 3 and 4
    s.server.kept = backup;
    s.later();
    s.write(1);
    s.later();
    REQUIRE(s.server.kept.gaps.size() == 1);
    std::vector<std::string> wanted = s.expected(0, 2);
    for (std::string& line : s.expected(5, 7)) wanted.push_back(line);
    CHECK(s.server.kept.lines == wanted);
}

TEST_CASE("a key that a server repeats is in no message, cursor or file") {
    shipping s;
    s.write(2);
    s.server.instead = [](ship_server::request const&) {
        return ship_server::with(400, R"({"error":{"code":"x","message":"the key geheim\nfile 1 2 0 9 /etc/passwd"}})");
    };
    s.run();
    s.ship->finish();
    for (std::string const& text : s.said) CHECK(text.find("geheim") == text.npos);
    CHECK(s.rejected().find("geheim") == std::string::npos);
    const std::string cursor = support::read_file(s.log + ".cursor");
    CHECK(cursor.find("geheim") == cursor.npos);
    CHECK(cursor.find("\nfile 1 2") == cursor.npos);
    s.begin();  // its cursor is whole
    s.later();
    CHECK(std::none_of(s.said.begin(), s.said.end(),
                       [](std::string const& text) { return text.find("damaged") != text.npos; }));
}

TEST_CASE("a server that leads nowhere or in circles is not asked without end") {
    shipping s;
    s.write(2);
    s.server.instead = [](ship_server::request const&) {
        return ship_server::with(200, R"({"accepted":0,"position":0})");
    };
    s.run(100);
    CHECK(s.server.requests == 1);
    CHECK(s.ship->now() == shipper_state::waiting);
    bool is_gap = false;
    s.server.requests = 0;
    s.server.instead = [&](ship_server::request const& r) {
        is_gap = !is_gap;
        return is_gap ? ship_server::with(409, ship_server::error("stream_gap", 0))
                      : ship_server::with(200, R"({"accepted":1,"position":)" + std::to_string(r.body.size()) + "}");
    };
    s.later();
    CHECK(s.server.requests < 20);
}

TEST_CASE("a refused line is kept, whatever stood before it") {
    shipping s;
    std::ofstream(s.log) << "\n{\"n\":\"a\"}\n{\"n\":\"b\"}\n";
    s.server.afterwards = [](ship_server::answer const& real) -> std::optional<ship_server::answer> {
        if (real.status != 200) return {};
        ship_server::answer with = real;  // the second line, as positions count in the body
        with.body.pop_back();
        with.body += R"(,"rejected":[{"position":10,"reason":"out of scope"}]})";
        return with;
    };
    s.run();
    CHECK(s.rejected().find(R"("record":{"n":"b"})") != std::string::npos);
}

TEST_CASE("one that takes nothing at all does not empty the log at once") {
    shipping s;
    s.write(1000);
    s.server.instead = [](ship_server::request const&) {
        return ship_server::with(400, R"({"error":{"code":"x","message":"no"}})");
    };
    s.run();
    CHECK(s.ship->now() == shipper_state::held);
    CHECK(s.ship->counts().rejected == 100);
    s.server.instead = [](ship_server::request const&) { return ship_server::with(400, "<html>plain HTTP</html>"); };
    s.later();
    CHECK(s.ship->counts().rejected == 100);
    s.server.instead = nullptr;
    s.later();
    CHECK(s.server.kept.lines == s.expected(100, 999));
}

TEST_CASE("a cursor that cannot be read is no reason for another stream") {
    shipping s;
    std::filesystem::create_directory(s.log + ".cursor");
    s.write(2);
    s.run();
    CHECK(s.ship->now() == shipper_state::unreadable);
    CHECK(s.server.requests == 0);
    std::filesystem::remove(s.log + ".cursor");
    s.later();
    CHECK(s.server.kept.lines == s.expected(0, 1));
}

TEST_CASE("a stream that somebody else goes on with is left to him") {
    shipping s;
    s.write(5);
    s.run();
    s.server.kept.streams.begin()->second.hash = "somebody else";
    s.write(5);
    s.later();
    CHECK(s.server.kept.lines == s.expected(0, 9));
    CHECK(s.server.kept.streams.size() == 2);
}

TEST_CASE("a server that knows nothing any more is served from where the cursor stands") {
    shipping s;
    s.write(5);
    s.run();
    s.server.kept = {};
    s.write(5);
    s.later();
    CHECK(s.server.kept.lines == s.expected(5, 9));
}

TEST_CASE("another machine's cursor begins a stream where that one stood") {
    shipping s;
    s.write(5);
    s.run();
    std::string text = support::read_file(s.log + ".cursor");
    cursor c;
    REQUIRE(parse_cursor(text, c) == cursor_state::good);
    c.machine = "another";
    REQUIRE(cursor_file(s.log, "").save(c));
    s.write(5);
    s.begin();
    s.run();
    CHECK(s.server.kept.lines == s.expected(0, 9));
    CHECK(s.server.kept.streams.size() == 2);
}

TEST_CASE("without a cursor that can be written nothing is shipped; with one, a server is served") {
    shipping s;
    s.write(5);
    {
        const support::file_size_limit full(10);
        s.run();
        CHECK(s.ship->now() == shipper_state::refused);
        CHECK(s.server.requests == 0);
        CHECK(s.said.at(0).find("LOG_SHIP_CACHE") != std::string::npos);
    }
    s.begin();
    s.run();
    s.write(5);
    {
        const support::file_size_limit full(10);
        s.later();
        CHECK(s.server.kept.lines == s.expected(0, 9));
    }
    s.begin();
    s.run();
    CHECK(s.server.kept.lines == s.expected(0, 9));
}

TEST_CASE("secrets are masked on their way, and positions stay those of the file") {
    shipping s;
    s.is_redacting = true;
    s.settings.max_batch_size = 2;
    const std::string key_line(64, 'A'), plain = "{\"n\":1}\n",
                                         all = plain + "{\"password\":\"geheim\",\"n\":2}\nat a://u:geheim@h\n" +
                                               "{\"n\":3}\n-----BEGIN PRIVATE KEY-----\n" + key_line + "\n" + key_line +
                                               "\n-----END PRIVATE KEY-----\n{\"n\":4}\n";
    std::ofstream(s.log) << all;
    s.run();
    CHECK(s.server.kept.lines == std::vector<std::string>{"{\"n\":1}", "{\"password\":\"***\",\"n\":2}",
                                                          "at a://u:***@h", "{\"n\":3}", "***", "***", "***", "***",
                                                          "{\"n\":4}"});
    CHECK(s.server.kept.streams.begin()->second.position == all.size());
    CHECK(s.server.requests == 4);  // the key in one, whatever the limit says
    s.write(1);
    s.begin();
    s.run();
    CHECK(s.server.kept.lines.back() == "{\"n\":0}");
}
