// SPDX-License-Identifier: MIT
#pragma once

// Bodies, queries and headers as records tell them: cut, masked by the redaction policies, told by size and type where
// their secrets cannot be found. Stage: adapter; for http_exchange.hpp.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/exceptions.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/base/utf8.hpp>
#include <logkit/call/field.hpp>
#include <logkit/call/nested.hpp>
#include <logkit/context/traced.hpp>

namespace logkit::http {

[[nodiscard]] inline std::map<std::string, std::string> masked_headers(
    std::vector<std::pair<std::string, std::string>> const& headers) {
    std::map<std::string, std::string> masked;
    for (auto const& [name, value] : headers) masked[name] = detail::masked_header(name, value);
    return masked;
}

// What may be written into headers, files and URLs as it is; "" for anything else.
[[nodiscard]] inline std::string usable_id(std::string_view id) {
    id = detail::trimmed(id);
    const bool is_usable = id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
                               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                      std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
                           });
    return is_usable ? std::string(id) : "";
}

// A body on its way: its beginning is kept, all of it is counted.
class body_keeper {
  public:
    explicit body_keeper(std::size_t most) : most_(most) {}

    // Without memory, what is kept ends here.
    void add(std::string_view piece) noexcept {
        size_ += piece.size();
        is_known_ = true;
        LOGKIT_TRY {
            if (kept_.size() < most_) kept_ += piece.substr(0, most_ - kept_.size());
        }
        LOGKIT_CATCH_ALL {
            most_ = kept_.size();
        }
    }
    // For who does not see the bytes; nothing: nor knows how many they are.
    void set_size(std::optional<std::uint64_t> size) noexcept {
        is_known_ = size.has_value();
        size_ = size.value_or(0);
    }
    [[nodiscard]] bool is_known() const noexcept { return is_known_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    // Calls told(field) with `body`, unless there is none.
    template <class Told>
    void tell(std::string_view content_type, std::string_view path, Told&& told) const {
        if (size_ == 0) return;
        const bool is_whole = size_ == kept_.size();
        const std::string type = detail::lowered(detail::trimmed(content_type.substr(0, content_type.find(';'))));
        if (type == "application/json" || type == "text/json" || type.ends_with("+json")) {
            std::string json;
            if (is_whole && detail::append_json_document(json, kept_, path, 1)) return told(kv("body", raw_json(json)));
        } else if (type == "application/x-www-form-urlencoded") {
            if (is_whole && text_of(kept_, true)) return told(kv("body", detail::masked_parameters(kept_)));
        } else if (is_text(type) && !kept_.empty()) {
            if (const auto text = text_of(kept_, is_whole))
                return told(kv("body", is_whole ? *text : without_torn_word(*text)));
        }
        told(kv("body", object(kv("size", size_), kv("content_type", content_type))));
    }

  private:
    [[nodiscard]] static bool is_text(std::string_view type) noexcept {
        return type.empty() || type.starts_with("text/") || type.ends_with("+xml") || type.ends_with("/xml") ||
               type == "application/javascript" || type == "application/graphql";
    }

    // Half of a secret is not found to be one: the word in which the cut is stays out, unless it is most of the text.
    [[nodiscard]] static std::string_view without_torn_word(std::string_view text) noexcept {
        constexpr std::size_t longest_word = 2'048;
        const std::size_t space = text.find_last_of(" \t\r\n");
        return space == std::string_view::npos || text.size() - space > longest_word ? text : text.substr(0, space);
    }

    // Without the sequence that a cut may have torn; nothing where it is no text.
    [[nodiscard]] static std::optional<std::string_view> text_of(std::string_view bytes, bool is_whole) noexcept {
        for (std::size_t at = 0; at < bytes.size();) {
            const int n =
                detail::utf8_sequence(reinterpret_cast<const unsigned char*>(bytes.data()) + at, bytes.size() - at);
            if (n <= 0 && !is_whole && bytes.size() - at < 4) return bytes.substr(0, at);
            if (n <= 0 || bytes[at] == '\0') return std::nullopt;
            at += static_cast<std::size_t>(n);
        }
        return bytes;
    }

    std::size_t most_;
    std::string kept_{};
    std::uint64_t size_ = 0;
    bool is_known_ = true;
};

}  // namespace logkit::http
