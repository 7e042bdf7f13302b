// SPDX-License-Identifier: MIT
#pragma once

// Fields with their names, as contexts, bound loggers and spans carry them. Stage: call.
//
//   field := u16 length of the key, u8 kind, u8 unused, key, value as call/operand.hpp encodes it
//
// A hidden field has kind::redacted and no value, or kind::hashed: the policy is asked here, before the copy.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <logkit/base/bytes.hpp>
#include <logkit/call/field.hpp>
#include <logkit/call/gate.hpp>
#include <logkit/call/operand.hpp>
#include <logkit/call/text_door.hpp>

namespace logkit::detail {

inline constexpr std::size_t field_header_size = 4;

[[nodiscard, gnu::noinline, gnu::cold]] inline visibility ask_visibility(const char* name,
                                                                         std::uint64_t hash) noexcept {
    std::atomic_thread_fence(std::memory_order_acquire);  // the policy is as new as the salt in the hash
    const visibility v = visibility_of({}, name);
    if (v == visibility::shown) unhidden_keys.place_of(hash).store(hash, std::memory_order_relaxed);
    return v;
}
[[nodiscard, gnu::always_inline]] inline visibility visibility_of(key const& name) noexcept {
    const std::uint64_t hash = salted(name.hash());
    return unhidden_keys.place_of(hash).load(std::memory_order_relaxed) == hash ? visibility::shown
                                                                                : ask_visibility(name.name(), hash);
}

// In the place of a value that is not to leave the caller.
[[gnu::noinline, gnu::cold]] inline std::byte* encode_hash_mask(std::byte* to, tagged_operand const& value) noexcept {
    char mask[hash_mask_size];
    write_hash_mask(mask, value);
    return encode(to, bytes_operand<kind::hashed>(mask, sizeof mask));
}

// A field whose value is reduced and whose size is known: ready to be encoded.
template <class Reduced>
struct prepared_field {
    key name;
    std::uint16_t name_size;
    visibility visible;
    Reduced reduced;

    [[nodiscard]] std::size_t size() const noexcept {
        return field_header_size + name_size +
               (visible == visibility::shown    ? encoded_size(clamped(as_operand(reduced)))
                : visible == visibility::hashed ? 4 + hash_mask_size
                                                : 0);
    }
    [[nodiscard]] std::byte* encode_to(std::byte* to) const noexcept {
        const auto operand = clamped(as_operand(reduced));
        to = store(to, name_size);
        to = store(to, visible == visibility::shown    ? kind_of<std::remove_cv_t<decltype(operand)>>
                       : visible == visibility::hashed ? kind::hashed
                                                       : kind::redacted);
        to = store(to, std::uint8_t{0});
        copy_short(to, name.name(), name_size);
        to += name_size;
        if (visible == visibility::shown) [[likely]]
            return encode(to, operand);
        return visible == visibility::hashed ? encode_hash_mask(to, tag_operand(operand)) : to;
    }
};

template <class V>
[[nodiscard]] auto prepare(field<V> const& f) noexcept {
    const std::size_t length = __builtin_strlen(f.name.name());
    using reduced = decltype(reduce_argument(f.value, f.name.name()));
    return prepared_field<reduced>{f.name, static_cast<std::uint16_t>(length < 0xffff ? length : 0xffff),
                                   visibility_of(f.name), reduce_argument(f.value, f.name.name())};
}

struct block_field {
    std::string_view key;
    kind encoding;
    std::byte const* value;
    std::byte const* end;
};

[[nodiscard]] inline block_field read_field(std::byte const* at) noexcept {
    const auto key_size = load<std::uint16_t>(at);
    const auto encoding = load<kind>(at + 2);
    std::byte const* value = at + field_header_size + key_size;
    std::byte const* end = value;
    (void)decode(encoding, end);
    return {{reinterpret_cast<const char*>(at + field_header_size), key_size}, encoding, value, end};
}

template <class Fn>
void for_each_field(std::byte const* block, std::size_t size, Fn&& fn) {
    for (std::byte const* at = block; at < block + size;) {
        const block_field f = read_field(at);
        fn(f);
        at = f.end;
    }
}

// Appends a field to a growing block.
template <class V>
void append_field(std::string& block, field<V> const& f) {
    const auto prepared = prepare(f);
    const std::size_t old = block.size();
    block.resize(old + prepared.size());
    (void)prepared.encode_to(reinterpret_cast<std::byte*>(block.data()) + old);
}

}  // namespace logkit::detail
