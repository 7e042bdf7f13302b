// SPDX-License-Identifier: MIT
#pragma once

// A logkit server's answer, read: {"accepted":N,"position":P,"hash":"…","rejected":[…]}, or
// {"error":{"code":"…","message":"…","details":[{"position":H,"hash":"…"}]}}. Stage: ship. It may be anything, and cut
// off anywhere; only a whole JSON object counts.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/utf8.hpp>

namespace logkit::detail {

// A walk over one JSON text; whoever meets what is not JSON stops for good.
class json_walk {
  public:
    explicit json_walk(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
    [[nodiscard]] bool is_at_end() noexcept {
        skip_space();
        return rest_.empty();
    }

    // Calls fn(key) at each member's value, which it must take. False: this is no object; it is passed over.
    template <class Fn>
    bool each_member(Fn&& fn) {
        return each('{', '}', [&] {
            std::string key;
            if (!take_text(key) || !take(':')) return break_off();
            fn(key);
            return !is_broken_;
        });
    }
    template <class Fn>
    bool each_element(Fn&& fn) {
        return each('[', ']', [&] {
            fn();
            return !is_broken_;
        });
    }
    // The value as text, with its escapes undone; passes over what is none.
    [[nodiscard]] std::string text() {
        std::string value;
        skip_space();
        if (rest_.starts_with('"'))
            (void)(take_text(value) || break_off());
        else
            pass_over();
        return value;
    }
    // A whole number that is not negative; passes over what is none.
    [[nodiscard]] std::optional<std::uint64_t> number() {
        skip_space();
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        const auto n = static_cast<std::size_t>(end - rest_.data());
        const bool is_whole = error == std::errc{} &&
                              (n == rest_.size() || std::string_view(".eE").find(rest_[n]) == std::string_view::npos);
        if (!is_whole) {
            pass_over();
            return std::nullopt;
        }
        rest_.remove_prefix(n);
        return value;
    }
    void pass_over() {
        if (each_member([&](std::string const&) { pass_over(); }) || is_broken_) return;
        if (each_element([&] { pass_over(); }) || is_broken_) return;
        std::string ignored;
        if (rest_.starts_with('"')) return (void)(take_text(ignored) || break_off());
        const std::size_t n = rest_.find_first_of(",]} \t\r\n");
        if (n == 0 || rest_.empty()) return (void)break_off();
        rest_.remove_prefix(n == rest_.npos ? rest_.size() : n);
    }

  private:
    static constexpr int deepest = 64;

    bool break_off() noexcept {
        is_broken_ = true;
        rest_ = {};
        return false;
    }
    void skip_space() noexcept {
        const std::size_t n = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(n == rest_.npos ? rest_.size() : n);
    }
    [[nodiscard]] bool take(char wanted) noexcept {
        skip_space();
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    template <class Fn>
    bool each(char open, char close, Fn&& one) {
        if (is_broken_ || !take(open)) return false;
        if (++depth_ > deepest) return break_off();
        if (!take(close)) {
            do {
                if (!one()) return false;
            } while (take(','));
            if (!take(close)) return break_off();
        }
        --depth_;
        return true;
    }
    [[nodiscard]] bool take_text(std::string& out) {
        if (!take('"')) return false;
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return true;
            if (c != '\\') {
                out += c;
                continue;
            }
            if (rest_.empty()) return false;
            const char escaped = rest_.front();
            rest_.remove_prefix(1);
            constexpr std::string_view letters = "bfnrt", meanings = "\b\f\n\r\t";
            if (const std::size_t i = letters.find(escaped); i != letters.npos) {
                out += meanings[i];
            } else if (escaped == 'u') {
                std::uint32_t unit = 0;
                if (rest_.size() < 4 ||
                    std::from_chars(rest_.data(), rest_.data() + 4, unit, 16).ptr != rest_.data() + 4)
                    return false;
                rest_.remove_prefix(4);
                append_utf8(out, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
            } else {
                out += escaped;
            }
        }
        return false;
    }

    std::string_view rest_;
    int depth_ = 0;
    bool is_broken_ = false;
};

// What another side wrote, on one line and cut: it goes into messages, files and headers of ours.
[[nodiscard]] inline std::string one_line(std::string text, std::size_t longest = 500) {
    if (text.size() > longest) text.resize(longest);
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
}

// A line that the server takes for passed, and has not stored.
struct rejected_line {
    std::uint64_t position = 0;
    std::string reason{};
};

struct server_answer {
    std::optional<std::uint64_t> position{};
    std::string hash{}, code{}, message{};
    std::uint64_t accepted = 0, rejected = 0;
    std::vector<rejected_line> refused{};  // as many as it names
};

[[nodiscard]] inline server_answer read_server_answer(std::string_view body) {
    server_answer said;
    json_walk in(body);
    const auto place = [&](std::string const& key) {
        if (key == "position")
            said.position = in.number();
        else if (key == "hash")
            said.hash = in.text();
        else
            return false;
        return true;
    };
    const auto refused_line = [&] {
        rejected_line line;
        const bool is_object = in.each_member([&](std::string const& key) {
            if (key == "position")
                line.position = in.number().value_or(0);
            else if (key == "reason")
                line.reason = in.text();
            else
                in.pass_over();
        });
        if (is_object)
            said.refused.push_back(std::move(line));
        else
            in.pass_over();
    };
    const auto error_member = [&](std::string const& key) {
        if (key == "code") {
            said.code = in.text();
        } else if (key == "message") {
            said.message = in.text();
        } else if (key != "details" || !in.each_element([&] {
                       if (!in.each_member([&](std::string const& name) {
                               if (!place(name)) in.pass_over();
                           }))
                           in.pass_over();
                   })) {
            in.pass_over();
        }
    };
    const bool is_object = in.each_member([&](std::string const& key) {
        if (key == "accepted")
            said.accepted = in.number().value_or(0);
        else if (key == "error" && in.each_member(error_member))
            return;
        else if (key == "rejected" && in.each_element(refused_line))
            return;
        else if (!place(key))
            in.pass_over();
    });
    if (!is_object || in.is_broken() || !in.is_at_end()) return {};
    said.rejected = said.refused.size();
    said.message = one_line(std::move(said.message));
    said.code = one_line(std::move(said.code));
    for (rejected_line& line : said.refused) line.reason = one_line(std::move(line.reason));
    // The hash is ours, given back.
    if (said.hash.size() > 64 ||
        std::any_of(said.hash.begin(), said.hash.end(), [](char c) { return c <= ' ' || c >= 0x7f; }))
        said.hash.clear();
    return said;
}

}  // namespace logkit::detail
