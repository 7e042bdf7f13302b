// SPDX-License-Identifier: MIT
// With filters and without: the same answers, for records and questions of chance. And they do exclude.
#include "store/memory_store.hpp"
#include "store/segments/segment_store.hpp"

#include "batches.hpp"
#include "disks.hpp"

#include <logkit/reader.hpp>

#include <array>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <support/catch.hpp>

using namespace serve;
using support::batch_of;
using support::memory_disk;
using support::noon_ns;

namespace {

class chance {
  public:
    explicit chance(unsigned seed) : random_(seed) {}
    [[nodiscard]] std::size_t below(std::size_t n) { return random_() % n; }
    [[nodiscard]] bool in(std::size_t n) { return below(n) == 0; }
    template <class List>
    [[nodiscard]] auto const& one_of(List const& list) {
        return list[below(std::size(list))];
    }
    [[nodiscard]] std::string hex(std::size_t size) {
        std::string text;
        while (text.size() < size) text += "0123456789abcdef"[below(16)];
        return text;
    }

  private:
    std::mt19937 random_;
};

constexpr std::array words{"order",
                           "placed",
                           "Payment",
                           "DECLINED",
                           "for",
                           "user",
                           "42",
                           "4711",
                           "x.y",
                           "a_b",
                           "Ünal",
                           "strasse",
                           "ſhop",
                           "\u212aelvin",
                           "tea",
                           "-",
                           "1.50",
                           "1e3",
                           "retry",
                           "10.0.0.7",
                           "Mozilla/5.0",
                           "C:\\\\dir",
                           "say \\\"hi\\\" now",
                           "tab\\tbed",
                           "\\u00fcber",
                           "\\/path",
                           "2026-11-27T08:00:00.000001Z",
                           "null",
                           "true",
                           "{x}"};
constexpr std::array keys{"user", "order", "status", "path", "k", "a.b", "service", "Übung", "note", "me\u017fsage"};

[[nodiscard]] std::string text_of(chance& c) {
    std::string text;
    for (std::size_t n = c.below(5); n != 0; --n)
        text += (text.empty() ? "" : c.in(4) ? ", " : " ") + std::string(c.one_of(words));
    if (c.in(3)) text += c.hex(1 + c.below(32));
    return text;
}
[[nodiscard]] std::string value_of(chance& c, int depth = 0) {
    switch (c.below(depth > 2 ? 6 : 9)) {
        case 0:
            return std::to_string(c.below(100));
        case 1:
            return std::to_string(c.below(1'000'000)) + ".5";
        case 2:
            return c.one_of(std::array{"true", "false", "null", "-0", "1.0", "1e400", "9007199254740993", "-1.5e+10"});
        case 6:
            return "[" + value_of(c, depth + 1) + "," + value_of(c, depth + 1) + "]";
        case 7:
            return R"({"in":)" + value_of(c, depth + 1) + R"(,"k": )" + value_of(c, depth + 1) + "}";
        default:
            return '"' + text_of(c) + '"';
    }
}
[[nodiscard]] std::string line_of_chance(chance& c, std::vector<std::string>& traces) {
    const std::string_view level = c.one_of(std::array{"info", "info", "info", "debug", "warning", "error"});
    if (traces.empty() || c.in(5)) traces.push_back(c.hex(c.in(6) ? 40 : 32));
    std::string const& trace = traces[traces.size() - 1 - c.below(std::min<std::size_t>(traces.size(), 4))];
    std::string line;
    switch (c.below(5)) {
        case 0:  // pino
            line = R"({"level":)" + std::string(c.one_of(std::array{"30", "40", "50"})) +
                   R"(,"time":1767268800123,"msg":")" + text_of(c) + "\"";
            break;
        case 1:  // Serilog: the message is made of others
            line = R"({"@t":"2026-01-01T12:00:00.5Z","@mt":"{user} did {k} now","@l":"Warning","user":"u )" + c.hex(4) +
                   "\"";
            break;
        case 2:
            line = R"({"ts":1767268800.25,"traceId":")" + trace + R"(","message":")" + text_of(c) + "\"";
            break;
        default:
            line = R"({"timestamp":"2026-01-01T12:00:00.00000)" + std::to_string(c.below(10)) + R"(Z","level":")" +
                   std::string(level) + R"(","event":")" + text_of(c) + R"(","trace_id":")" + trace +
                   R"(","span_id":")" + c.hex(16) + '"';
    }
    if (c.in(20)) line += ",\r\"trace_id\": " + std::to_string(c.below(1'000'000)) + ",\"odd\":\r\"two words\"";
    if (c.in(40)) line += R"(,"dur_ms":1.5,"status":"error")";
    for (std::size_t n = c.below(6); n != 0; --n) line += ",\"" + std::string(c.one_of(keys)) + "\":" + value_of(c);
    return line + (c.in(50) ? " }" : "}");
}

[[nodiscard]] std::string as_word(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}
// Something that a record says, or nearly.
[[nodiscard]] std::string piece_of(chance& c, std::vector<std::string> const& lines) {
    std::string const& line = c.one_of(lines);
    const std::size_t at = c.below(line.size());
    std::string piece = line.substr(at, 1 + c.below(40));
    if (c.in(6)) piece[c.below(piece.size())] = 'q';
    for (char& letter : piece)
        if (c.in(8) && letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
    return piece;
}
[[nodiscard]] std::string condition_of(chance& c, std::vector<std::string> const& lines,
                                       std::vector<std::string> const& traces) {
    switch (c.below(9)) {
        case 0:
            return "level" + std::string(c.one_of(std::array{"=", ">=", "!=", "<"})) +
                   c.one_of(std::array{"error", "warning", "info", "trace"});
        case 1:
            return c.in(3) ? "odd=\"two words\"" : "trace_id=" + c.one_of(traces);
        case 2:
            return std::string(c.one_of(keys)) + "=" + as_word(text_of(c));
        case 3:
            return std::string(c.one_of(keys)) + "=" +
                   c.one_of(std::array{"42", "1", "1.0", "-0", "0", "true", "null", "1e3", "1000", "4711"});
        case 4:
            return std::string(c.one_of(keys)) + " in (" + as_word(c.one_of(words)) + ",7," + as_word(text_of(c)) + ")";
        case 5:
            return std::string(c.one_of(keys)) + c.one_of(std::array{"?", "~ord", "!=42", ">10"});
        case 6: {  // a value as it stands
            std::string const& line = c.one_of(lines);
            const std::size_t at = line.find("\":", c.below(line.size()));
            if (at == line.npos) return "user?";
            const std::size_t key = line.rfind('"', at - 1);
            const logkit::json_view value(
                std::string_view(line).substr(at + 2, logkit::detail::end_of_value(line, at + 2) - at - 2));
            return as_word(line.substr(key + 1, at - key - 1)) + "=" + as_word(value.text());
        }
        default:
            return as_word(piece_of(c, lines));
    }
}
[[nodiscard]] std::string question_of(chance& c, std::vector<std::string> const& lines,
                                      std::vector<std::string> const& traces) {
    std::string all;
    for (std::size_t n = 1 + c.below(3); n != 0; --n) {
        if (!all.empty()) all += c.in(3) ? " or " : " ";
        all += (c.in(6) ? "not " : "") + condition_of(c, lines, traces);
    }
    return all;
}

[[nodiscard]] std::vector<std::string> answer_of(log_store& store, logkit::query const& wanted, bool is_ascending) {
    question asked;
    asked.wanted = wanted;
    asked.is_ascending = is_ascending;
    asked.limit = 100'000;
    std::vector<std::string> lines;
    const page got = store.find(asked);
    for (found_record const& r : got.records) lines.push_back(r.line);
    return lines;
}
[[nodiscard]] std::vector<std::string> scanned(log_store& store, logkit::query const& wanted) {
    question asked;
    asked.wanted = wanted;
    std::vector<std::string> lines;
    logkit::record_reader reader;
    const auto records = store.scan(asked);
    for (logkit::block one; records->next(one);)
        reader.read(one.text(), wanted, [&](logkit::entry const& e, std::size_t) { lines.emplace_back(e.line()); });
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace

TEST_CASE("with and without filters, sealed or not, the same questions have the same answers") {
    const char* const wanted = std::getenv("SERVE_QUESTIONS");
    const unsigned rounds = wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : 1;
    std::size_t asked = 0, answered = 0;
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        chance c(seed);
        memory_disk disk;
        segment_settings s;
        s.sealed_frame = 40'000;
        segment_store store(disk.open(), s);
        memory_store plain;
        std::vector<std::string> lines, traces;
        for (int i = 0; i < 12; ++i) {
            std::vector<std::string> some;
            for (std::size_t n = i % 3 == 0 ? 300 : 1 + c.below(200); n != 0; --n)
                some.push_back(line_of_chance(c, traces));
            batch one = batch_of(some, std::nullopt);
            if (i % 4 == 1) one.service = "shop of " + c.hex(4);
            const std::vector<batch> group{one};
            const std::int64_t arrival = noon_ns + i * 3'000'000'000'000;
            CHECK(store.append(group, arrival)[0].accepted == some.size());
            CHECK(plain.append(group, arrival)[0].accepted == some.size());
            lines.insert(lines.end(), some.begin(), some.end());
            if (!one.service.empty()) lines.push_back("{\"service\":\"" + one.service + "\"}");
        }
        for (const bool is_sealed : {false, true}) {
            if (is_sealed)
                while (store.tend({}, noon_ns + 86'400'000'000'000)) {
                }
            CHECK((store.counters().sealed != 0) == is_sealed);
            for (int i = 0; i < 300; ++i) {
                const std::string text = question_of(c, lines, traces);
                logkit::query q;
                try {
                    q.require(text);
                } catch (logkit::query_error const&) {
                    continue;
                }
                if (i % 7 == 0) q.require_level("warning+");
                if (i % 11 == 0) q.require_trace(c.one_of(traces).substr(0, c.in(2) ? 32 : 9));
                if (i % 13 == 0) q.require_failure();
                CAPTURE(seed, is_sealed, text);
                const std::vector<std::string> right = answer_of(plain, q, i % 2 == 0);
                CHECK(answer_of(store, q, i % 2 == 0) == right);
                if (i % 5 == 0) CHECK(scanned(store, q) == scanned(plain, q));
                ++asked;
                answered += right.empty() ? 0 : 1;
            }
        }
    }
    CHECK(answered * 5 > asked);  // else it is not worth much
}

TEST_CASE("a rare word, value, trace or level is found without reading the others") {
    memory_disk disk;
    segment_settings s;
    s.sealed_frame = 50'000;
    segment_store store(disk.open(), s);
    chance c(5);
    std::string rare_trace;
    for (int i = 0; i < 60; ++i) {
        std::vector<std::string> lines;
        std::string trace;
        for (int n = 0; n < 200; ++n) {
            if (n % 10 == 0) trace = c.hex(32);
            const bool is_rare = i == 31 && n == 77;
            if (is_rare) rare_trace = trace;
            lines.push_back(R"({"timestamp":"2026-01-01T12:00:00.000001Z","level":")" +
                            std::string(is_rare ? "error" : "info") + R"(","event":"order )" + c.hex(8) +
                            (is_rare ? " needle found" : " placed") + R"(","trace_id":")" + trace + R"(","service":")" +
                            (n % 2 == 0 ? "shop" : "bank") + R"(","user":"user)" + std::to_string(c.below(1000)) +
                            R"(","one":")" + (is_rare ? "Only this" : c.hex(12)) + "\"}");
        }
        (void)store.append(std::vector<batch>{batch_of(lines)}, noon_ns);
    }
    const auto read_for = [&](std::string const& text, std::size_t records) {
        logkit::query q;
        q.require(text);
        disk.bytes_read = 0;
        CAPTURE(text);
        CHECK(answer_of(store, q, false).size() == records);
        return disk.bytes_read.load();
    };
    for (const bool is_sealed : {false, true}) {
        if (is_sealed)
            while (store.tend({}, noon_ns + 86'400'000'000'000)) {
            }
        const std::size_t all = read_for("~never", 0) + read_for("order", 12'000);
        CAPTURE(is_sealed, all);
        CHECK(read_for("trace_id=" + rare_trace, 10) < all / 8);
        CHECK(read_for("one=\"Only this\"", 1) < all / 8);
        CHECK(read_for("\" needle \"", 1) < all / 8);
        CHECK(read_for("level=error", 1) < all / 8);
        CHECK(read_for("service=bank level=error", 1) < all / 8);
        CHECK(read_for("service=shop level=error", 0) < all / 64);
        CHECK(read_for("service=nobody", 0) < all / 64);
        CHECK(read_for("trace_id=" + std::string(32, '0'), 0) < all / 8);
    }
}

TEST_CASE("what a line holds, and the reader takes out, is not passed over") {
    for (const bool is_docker : {true, false}) {
        memory_disk disk;
        segment_store store(disk.open(), {});
        std::vector<std::string> lines;
        for (int i = 0; i < 300; ++i)
            lines.push_back(
                is_docker
                    ? R"({"log":"ERROR number )" + std::to_string(i) +
                          R"( broke\n","stream":"stdout","time":"2026-01-01T12:00:00Z"})"
                    : R"({"level":"info","time":"2026-01-01T12:00:00Z","msg":"{\"level\":\"error\",\"msg\":\"inner\",\"k\":)" +
                          std::to_string(i) + R"(,\"time\":\"2026-01-01T12:00:00Z\"}"})");
        (void)store.append(std::vector<batch>{batch_of(lines)}, noon_ns);
        for (const bool is_sealed : {false, true}) {
            if (is_sealed)
                while (store.tend({}, noon_ns + 86'400'000'000'000)) {
                }
            logkit::query q;
            q.require("level=error");
            CAPTURE(is_docker, is_sealed);
            CHECK(scanned(store, q).size() == 300);
        }
    }
}
