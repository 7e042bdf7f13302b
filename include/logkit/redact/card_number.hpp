// SPDX-License-Identifier: MIT
#pragma once

// Numbers of payment cards. Stage: redact.
//
// A number of sixteen digits that begins as a card's and passes its check is one time in fifty no card: so it must
// stand in groups as on the card, or beside a word that tells ("visa", "card": telling_keys.hpp).

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <logkit/redact/telling_keys.hpp>
#include <logkit/redact/text_span.hpp>

namespace logkit::detail {

// Of nothing but digits: has it an issuer's beginning, with a length that this one issues, and the check digit of
// ISO/IEC 7812-1 (Luhn)?
[[nodiscard]] constexpr bool is_card_number(std::string_view digits) noexcept {
    struct issuer {
        unsigned first, last;  // of the first four digits
        std::size_t least, most;
    };
    constexpr issuer issuers[] = {
        {4000, 4999, 13, 19}, {5100, 5599, 16, 16}, {2221, 2720, 16, 16}, {3400, 3499, 15, 15}, {3700, 3799, 15, 15},
        {6011, 6011, 16, 19}, {6440, 6599, 16, 19}, {3000, 3059, 14, 19}, {3095, 3095, 14, 19}, {3600, 3699, 14, 19},
        {3800, 3999, 14, 19}, {3528, 3589, 16, 19}, {6200, 6299, 16, 19}, {2200, 2204, 16, 19}, {5018, 5018, 13, 19},
        {5020, 5020, 13, 19}, {5038, 5038, 13, 19}, {5893, 5893, 13, 19}, {6304, 6304, 13, 19}, {6759, 6763, 13, 19},
    };
    if (digits.size() < 13 || digits.size() > 19) return false;
    unsigned beginning = 0, sum = 0;
    for (std::size_t i = 0; i < 4; ++i) beginning = beginning * 10 + static_cast<unsigned>(digits[i] - '0');
    const bool is_issued = std::any_of(std::begin(issuers), std::end(issuers), [&](issuer const& by) {
        return beginning >= by.first && beginning <= by.last && digits.size() >= by.least && digits.size() <= by.most;
    });
    if (!is_issued) return false;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        unsigned digit = static_cast<unsigned>(digits[digits.size() - 1 - i] - '0');
        if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0 && digits.find_first_not_of(digits[0]) != std::string_view::npos;
}

// Is a word among these that tells? Letters beside a digit are no word.
[[nodiscard]] constexpr bool has_card_word(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && (is_letter(text[end]) || text[end] == '_')) ++end;
        const bool is_word = (at == 0 || !is_digit(text[at - 1])) && !is_digit(at_or_zero(text, end));
        if (end != at && is_word && is_card_word(text.substr(at, end - at))) return true;
        at = end + 1;
    }
    return false;
}

// Finds them in one run of digits and separators.
class card_finder {
  public:
    // `key` is the name of the value that the text is, or "". Where a word tells that is not looked for, none is
    // needed.
    card_finder(std::string_view text, text_span run, std::string_view key, bool is_told) noexcept
        : text_(text), run_(run), key_(key), is_told_(is_told) {}

    // The first number that begins at `from` or behind it.
    [[nodiscard]] maybe_span next(std::size_t from) const noexcept {
        std::size_t begin = run_.begin;
        if (is_digit(text_[begin]) && !is_word_begin(text_, begin)) {
            // What begins in a word is part of something longer: all of an IBAN, the end of a name.
            if (begin >= 2 && text_[begin - 1] >= 'A' && text_[begin - 1] <= 'Z' && group_end(begin) == begin + 2)
                return std::nullopt;
            begin = group_end(begin);
        }
        for (std::size_t at = std::max(from, begin); at < run_.end; at = group_end(at) + 1) {
            while (at < run_.end && !is_digit(text_[at])) ++at;
            if (at == run_.end) break;
            if (at > run_.begin && is_digit(text_[at - 1])) continue;
            if (const maybe_span grouped = in_groups(at)) return grouped;
            const std::size_t end = group_end(at);
            if (is_card_number(text_.substr(at, std::min<std::size_t>(end - at, 20))) && !goes_on(end) &&
                is_beside_word(at, end))
                return text_span{at, end};
        }
        return std::nullopt;
    }

  private:
    [[nodiscard]] std::size_t group_end(std::size_t at) const noexcept {
        while (at < run_.end && is_digit(text_[at])) ++at;
        return at;
    }
    [[nodiscard]] bool goes_on(std::size_t end) const noexcept { return is_alphanumeric(at_or_zero(text_, end)); }

    // As cards are printed: 4-4-4-4, 4-6-5 (American Express), 4-6-4 (Diners Club), 4-4-4-4-3.
    [[nodiscard]] maybe_span in_groups(std::size_t begin) const noexcept {
        constexpr std::array<std::array<std::size_t, 5>, 4> layouts{
            {{4, 4, 4, 4, 3}, {4, 4, 4, 4, 0}, {4, 6, 5, 0, 0}, {4, 6, 4, 0, 0}}};
        const char separator = at_or_zero(text_, begin + 4);
        if (group_end(begin) != begin + 4 || (separator != ' ' && separator != '-')) return std::nullopt;
        if (is_fourth_of_more(begin, separator)) return std::nullopt;
        for (auto const& layout : layouts)
            if (const std::size_t end = end_of(layout, begin, separator); end != 0) return text_span{begin, end};
        return std::nullopt;
    }
    // Another group of four stands right before it: a number that is longer than a card's.
    [[nodiscard]] bool is_fourth_of_more(std::size_t begin, char separator) const noexcept {
        if (begin < run_.begin + 5 || text_[begin - 1] != separator) return false;
        for (std::size_t i = begin - 5; i < begin - 1; ++i)
            if (!is_digit(text_[i])) return false;
        return true;
    }
    // 0: it is none.
    [[nodiscard]] std::size_t end_of(std::array<std::size_t, 5> const& layout, std::size_t begin,
                                     char separator) const noexcept {
        std::array<char, 20> digits{};
        std::size_t n = 0, at = begin;
        for (const std::size_t length : layout) {
            if (length == 0) break;
            if (at != begin && at_or_zero(text_, at++) != separator) return 0;
            if (at >= run_.end || group_end(at) != at + length) return 0;
            for (std::size_t i = 0; i < length; ++i) digits[n++] = text_[at++];
        }
        const bool is_one = is_card_number({digits.data(), n}) && !goes_on(at) && !is_followed_by_more(at, separator);
        return is_one ? at : 0;
    }
    // Four digits more, which are no date ("1227" or "2027") on which a card ends.
    [[nodiscard]] bool is_followed_by_more(std::size_t at, char separator) const noexcept {
        if (at_or_zero(text_, at) != separator || group_end(at + 1) != at + 5) return false;
        const std::string_view date = text_.substr(at + 1, 4);
        const bool is_year = date[0] == '2' && date[1] == '0',
                   is_month = date[0] == '0' || (date[0] == '1' && date[1] <= '2');
        return !is_year && !(is_month && date[2] >= '2' && date[2] <= '4');
    }

    // In the same line, some words before or behind.
    [[nodiscard]] bool is_beside_word(std::size_t begin, std::size_t end) const noexcept {
        constexpr std::size_t reach = 32;
        if (is_told_ || has_card_word(key_)) return true;
        const std::size_t from = begin < reach ? 0 : begin - reach;
        return has_card_word(text_.substr(from, begin - from)) || has_card_word(text_.substr(end, reach));
    }
    std::string_view text_;
    text_span run_;
    std::string_view key_;
    bool is_told_;
};

}  // namespace logkit::detail
