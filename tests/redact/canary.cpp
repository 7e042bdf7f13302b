// SPDX-License-Identifier: MIT
// Logs secrets in every place where a program can put one (tests/redact/canary.py):   canary SECRETS [kill]
// SECRETS: one JSON text a line. What a sink of the program's own is given goes to sink.txt.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <logkit.hpp>
#include <nlohmann/json.hpp>

namespace lk = logkit;
using lk::kv;

namespace {

// As JSON whose letters are all escapes.
[[nodiscard]] std::string escaped(std::string const& text) {
    std::string json = "{\"t\":\"";
    for (const char c : text) {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        json += static_cast<unsigned char>(c) < 0x80 ? std::string(escape) : std::string(1, c);
    }
    return json + "\"}";
}

void log_at(std::size_t place, std::string const& secret) {
    switch (place % 18) {
        case 0:
            lk::log.info("it said {}", secret);
            break;
        case 1:
            lk::log.info("field", kv("note", secret));
            break;
        case 2:
            lk::log.info("nested", kv("o", lk::object(kv("in", lk::object(kv("note", secret))))));
            break;
        case 3:
            lk::log.info("key", kv("m", std::map<std::string, int>{{secret, 1}}));
            break;
        case 4: {
            lk::new_context(kv("note", secret));
            lk::log.info("context");
            lk::new_context();
            break;
        }
        case 5:
            lk::log.bind(kv("note", secret)).warning("bound");
            break;
        case 6: {
            const lk::capture span{"work", kv("note", secret)};
            lk::log.info("in a span");
            break;
        }
        case 7:
            lk::log.error("failed", lk::exc(std::runtime_error("cannot: " + secret)));
            break;
        case 8:
            try {
                try {
                    throw std::runtime_error("inner " + secret);
                } catch (...) {
                    std::throw_with_nested(std::logic_error("outer"));
                }
            } catch (std::exception const& error) {
                lk::log.error("failed twice", lk::exc(error));
            }
            break;
        case 9:
            lk::log.info("long", kv("note", std::string(100'000, 'x') + ' ' + secret));
            break;
        case 10:
            lk::log.info("letters", kv("note", "ä" + secret + "ö"));
            break;
        case 11:
            lk::log.info("list", kv("l", std::vector<std::string>{"a", secret}));
            break;
        case 12:
            lk::log.info("escapes", kv("j", lk::raw_json(escaped(secret))));
            break;
        case 13:
            lk::log.info("maybe", kv("note", std::optional<std::string>(secret)));
            break;
        case 14:
            lk::log.info("json", kv("j", nlohmann::json{{"deep", {{"er", secret}}}}));
            break;
        case 15:
            lk::log.info("two {} {}", 1, secret, kv("again", secret));
            break;
        case 16: {
            lk::capture span{"fails"};
            span.add(kv("late", secret));
            break;
        }
        default:
            lk::log.info("a processor sets it", kv("copy", secret));
            break;
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::ifstream in(argv[1]);
    const bool is_killed = argc > 2;
    std::ofstream seen("sink.txt");
    if (!is_killed) {
        lk::add_processor([](lk::record& r) {
            if (auto const* copy = r.find("copy")) r.set("made", "x " + std::string(copy->text()));
            return true;
        });
        lk::add_sink([&seen](lk::record const& r) {
            seen << r.event() << '\n';
            for (auto const& f : r) seen << f.key << ' ' << f.value.text() << ' ' << f.value.json() << '\n';
        });
    }
    std::size_t place = 0;
    for (std::string line; std::getline(in, line);) log_at(place++, nlohmann::json::parse(line).get<std::string>());
    if (is_killed) std::raise(SIGKILL);
    lk::flush();
    for (auto const& [rule, n] : lk::stats().masked)
        std::printf("%s %llu\n", rule.c_str(), static_cast<unsigned long long>(n));
    lk::shutdown();
}
