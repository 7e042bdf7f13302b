// SPDX-License-Identifier: MIT
#pragma once

// A logkit server without a network, for shippers under test: keeps streams as docs/shipping.md has them, and answers
// what a test wants it to.

#include <charconv>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/ship/transport.hpp>

namespace support {

class ship_server final : public logkit::detail::transport {
  public:
    using request = logkit::detail::http_request;
    using answer = logkit::detail::http_answer;

    struct stream {
        std::uint64_t position = 0;
        std::string hash{};
    };
    struct gap {
        std::uint64_t from, to;
        std::string why;
    };
    struct store {
        std::map<std::string, stream> streams{};
        std::vector<std::string> lines{};
        std::vector<gap> gaps{};
    };

    store kept{};
    std::uint64_t requests = 0;
    std::vector<std::string> seen_headers{};                           // of the last request
    std::function<std::optional<answer>(request const&)> instead{};    // answers, and stores nothing
    std::function<std::optional<answer>(answer const&)> afterwards{};  // stored; but this is what arrives

    static answer with(long status, std::string body = "{}") {
        answer a;
        a.status = status;
        a.body = std::move(body);
        return a;
    }
    static answer failed(logkit::detail::http_failure how) {
        answer a;
        a.failure = how;
        a.reason = "the test's network";
        return a;
    }
    static std::string error(std::string const& code, std::optional<std::uint64_t> position = {},
                             std::string const& hash = "") {
        std::string details;
        if (position.has_value())
            details = R"(,"details":[{"position":)" + std::to_string(*position) + R"(,"hash":")" + hash + R"("}])";
        return R"({"error":{"code":")" + code + R"(","message":"as the test wants")" + details + "}}";
    }
    [[nodiscard]] static std::string header(request const& r, std::string_view name) {
        for (std::string const& line : r.headers)
            if (line.starts_with(name) && std::string_view(line).substr(name.size()).starts_with(": "))
                return line.substr(name.size() + 2);
        return {};
    }

    answer send(request const& r) override {
        ++requests;
        seen_headers = r.headers;
        if (instead)
            if (std::optional<answer> other = instead(r)) return *other;
        const answer real = take(r);
        if (afterwards)
            if (std::optional<answer> other = afterwards(real)) return *other;
        return real;
    }
    void stop() noexcept override {}

  private:
    [[nodiscard]] static std::uint64_t number(std::string const& text, std::uint64_t otherwise) {
        std::uint64_t value = otherwise;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    }
    answer take(request const& r) {
        const std::string name = header(r, "Logkit-Stream"), why = header(r, "Logkit-Gap"),
                          after = header(r, "Logkit-After"), before = header(r, "Logkit-Before"),
                          end_text = header(r, "Logkit-End");
        const std::uint64_t position = number(header(r, "Logkit-Position"), 0);
        const std::uint64_t end = number(end_text, position + r.body.size());
        const bool is_known = kept.streams.contains(name);
        stream& s = kept.streams[name];
        if (!is_known) s.position = position;
        if (!r.body.empty() && r.body.back() != '\n') return with(400, error("torn_body"));
        if (end < position) return with(400, error("bad_stream"));
        std::uint64_t from = position;
        if (is_known && position > s.position) {
            if (why.empty()) return with(409, error("stream_gap", s.position, s.hash));
            kept.gaps.push_back({s.position, position, why});
        } else if (is_known && end <= s.position) {
            return accepted(0, s);
        } else if (is_known && position < s.position) {
            if (!end_text.empty()) return with(409, error("stream_overlap", s.position, s.hash));
            from = s.position;
            if (r.body[from - position - 1] != '\n') return with(409, error("stream_forked", s.position, s.hash));
        } else if (is_known && !before.empty() && !s.hash.empty() && before != s.hash) {
            return with(409, error("stream_forked", s.position, s.hash));
        }
        std::uint64_t n = 0;
        for (std::string_view rest = r.body.substr(from - position); !rest.empty(); ++n) {
            kept.lines.emplace_back(rest.substr(0, rest.find('\n')));
            rest.remove_prefix(rest.find('\n') + 1);
        }
        s.position = end;
        s.hash = after;
        return accepted(n, s);
    }
    static answer accepted(std::uint64_t n, stream const& s) {
        return with(200, R"({"accepted":)" + std::to_string(n) + R"(,"position":)" + std::to_string(s.position) +
                             R"(,"hash":")" + s.hash + R"("})");
    }
};

}  // namespace support
