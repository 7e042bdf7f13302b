// SPDX-License-Identifier: MIT
#pragma once

// Names whose values are secrets: of fields, and of what stands before '=' or ':' in a text. Stage: redact.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <logkit/base/hash.hpp>

namespace logkit::detail {

enum class tells : std::uint8_t {
    by_its_end,  // the name, or the last words of a longer one: password, db_password, userPassword
    by_itself,   // the whole name only: token, but not next_token
    in_a_query,  // the whole name of a parameter in a URL: sig, but not "sig=11" of a crash
};

struct telling_key {
    std::string_view name;  // letter case, '_', '-' and ' ' do not count
    tells how = tells::by_its_end;
};

// Where a name comes from is said in docs/redaction.md.
inline constexpr telling_key telling_keys[] = {
    {"password"},
    {"passwd"},
    {"pgpassword"},
    {"pwd"},
    {"passphrase"},
    {"secret", tells::by_itself},
    {"client_secret"},
    {"app_secret"},
    {"consumer_secret"},
    {"webhook_secret"},
    {"shared_secret"},
    {"secret_key"},
    {"secret_access_key"},
    {"access_key"},
    {"account_key"},
    {"shared_access_key"},
    {"api_key"},
    {"private_key"},
    {"encryption_key"},
    {"signing_key"},
    {"master_key"},
    {"auth_key"},
    {"token", tells::by_itself},
    {"access_token"},
    {"refresh_token"},
    {"id_token"},
    {"auth_token"},
    {"session_token"},
    {"csrf_token"},
    {"xsrf_token"},
    {"bearer_token"},
    {"api_token"},
    {"security_token"},
    {"secret_token"},
    {"bot_token"},
    {"deploy_token"},
    {"github_token"},
    {"gitlab_token"},
    {"npm_token"},
    {"vault_token"},
    {"authorization"},
    {"cookie"},
    {"credentials"},
    {"credit_card"},
    {"card_number"},
    {"cvv"},
    {"cvc"},
    {"cvv2"},
    {"ssn"},
    {"sig", tells::in_a_query},
    {"signature", tells::in_a_query},
    {"amz_signature"},
    {"goog_signature"},
    {"pass", tells::in_a_query},
    {"auth", tells::in_a_query},
    {"otp", tells::in_a_query},
};

// Beside which a number that may be a card's is one.
inline constexpr std::string_view card_words[] = {
    "card", "cards", "cardnumber", "cardno", "ccnumber", "ccnum",     "creditcard", "cc",
    "pan",  "visa",  "mastercard", "amex",   "discover", "debitcard", "credit",     "debit"};

// The next word of a name begins at a separator or at a hump: db_password, dbPassword, DBPassword.
[[nodiscard]] constexpr bool begins_word(std::string_view name, std::size_t at) noexcept {
    if (at == 0) return true;
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const char before = name[at - 1], here = name[at];
    if (is_separator(before) || before == '.' || before == '[' || before == ']') return true;
    if (!is_upper(here)) return before >= '0' && before <= '9';
    return !is_upper(before) || (at + 1 < name.size() && is_lower(name[at + 1]));
}

// Does the name end with that one, folded, at the beginning of a word? Where it begins; npos: it does not.
[[nodiscard]] constexpr std::size_t folded_end(std::string_view name, std::string_view wanted) noexcept {
    std::size_t at = name.size();
    for (std::size_t w = wanted.size(); w != 0;) {
        const char c = wanted[w - 1];
        if (is_separator(c)) {
            --w;
            continue;
        }
        while (at != 0 && is_separator(name[at - 1])) --at;
        if (at == 0 || fold_case(name[at - 1]) != c) return std::string_view::npos;
        --at;
        --w;
    }
    return begins_word(name, at) ? at : std::string_view::npos;
}

// The key by which the name tells that its value is a secret; null: it does not.
[[nodiscard]] constexpr telling_key const* find_telling(std::string_view name, bool is_in_query = false) noexcept {
    while (!name.empty() && is_separator(name.back())) name.remove_suffix(1);
    const char last = name.empty() ? '\0' : fold_case(name.back());
    for (telling_key const& key : telling_keys) {
        if (key.name.back() != last) continue;
        const std::size_t begin = folded_end(name, key.name);
        if (begin == std::string_view::npos) continue;
        if (key.how == tells::by_its_end) return &key;
        const bool is_whole = begin == 0 || name[begin - 1] == '.' || name[begin - 1] == '[';
        if (is_whole && (key.how == tells::by_itself || is_in_query)) return &key;
    }
    return nullptr;
}

// The last three letters of names, as a quick test. Letter case does not count.
class name_endings {
  public:
    constexpr void add(std::string_view name) noexcept {
        char last[3] = {};
        std::size_t n = 0;
        for (std::size_t i = name.size(); i != 0 && n < 3; --i)
            if (!is_separator(name[i - 1])) last[2 - n++] = name[i - 1];
        for (unsigned any = 0; any < (n < 3 ? 32U : 1U); ++any) {
            if (n < 3) last[0] = static_cast<char>(any);
            const std::size_t at = place_of({last, 3});
            bits_[at >> 6] |= std::uint64_t{1} << (at & 63);
        }
    }
    // May it be the end of one of them? `ending` has three bytes.
    [[nodiscard]] constexpr bool has(std::string_view ending) const noexcept {
        const std::size_t at = place_of(ending);
        return (bits_[at >> 6] >> (at & 63) & 1) != 0;
    }

  private:
    [[nodiscard]] static constexpr std::size_t place_of(std::string_view ending) noexcept {
        std::size_t at = 0;
        for (const char c : ending) at = at << 5 | (static_cast<unsigned char>(c) & 31);
        return at;
    }
    std::uint64_t bits_[32 * 32 * 32 / 64] = {};
};

inline constexpr name_endings telling_endings = [] {
    name_endings all;
    for (telling_key const& key : telling_keys) all.add(key.name);
    return all;
}();

// False: no. A separator among the last letters proves nothing.
[[nodiscard]] constexpr bool may_tell(std::string_view name) noexcept {
    if (name.size() < 3) return false;
    const std::string_view ending = name.substr(name.size() - 3);
    for (const char c : ending)
        if (is_separator(c)) return true;
    return telling_endings.has(ending);
}

[[nodiscard]] constexpr bool is_card_word(std::string_view word) noexcept {
    for (const std::string_view known : card_words)
        if (folded_end(word, known) != std::string_view::npos) return true;
    return false;
}

}  // namespace logkit::detail
