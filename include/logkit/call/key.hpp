// SPDX-License-Identifier: MIT
#pragma once

// The name of a field: a string literal, hashed by the compiler. Stage: call.

#include <cstdint>
#include <string_view>

#include <logkit/base/hash.hpp>
#include <logkit/call/source_location.hpp>
#include <logkit/call/value_traits.hpp>

namespace logkit {

// A key can be made from a string literal only, so that it costs the caller nothing: not its length, not a
// copy, not the test whether it names a secret. Two literals of the same text are the same key.
class key {
  public:
    consteval key(const char* const& name, source_location where = source_location::current()) noexcept
        : name_(name), where_(where), hash_(detail::hash_text(std::string_view{name})) {}
    template <detail::runtime_text T>
    key(T&&) {
        static_assert(detail::is_never<T>, "logkit: the key is a literal; write kv(\"key\", value)");
    }

    [[nodiscard]] constexpr const char* name() const noexcept { return name_; }
    [[nodiscard]] constexpr std::uint64_t hash() const noexcept { return hash_; }
    [[nodiscard]] constexpr source_location where() const noexcept { return where_; }

  private:
    const char* name_ = "";
    source_location where_{};
    std::uint64_t hash_ = 0;
};

}  // namespace logkit
