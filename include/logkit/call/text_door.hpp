// SPDX-License-Identifier: MIT
#pragma once

// The few text functions that a call site needs for nested values; the engine defines them
// (render/json_values.hpp). Stage: call.

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include <logkit/base/door.hpp>
#include <logkit/call/operand.hpp>

namespace logkit::detail {

// Nested values end at this depth; what is deeper is replaced by a text that says so.
inline constexpr unsigned deepest_nesting = 64;

// Each appends one JSON value. Text is escaped, invalid UTF-8 becomes U+FFFD; a double that JSON lacks
// becomes "NaN", "Infinity" or "-Infinity".
LOGKIT_DOOR void append_json(std::string& out, std::string_view text);
LOGKIT_DOOR void append_json(std::string& out, double number);
LOGKIT_DOOR void append_json(std::string& out, float number);
LOGKIT_DOOR void append_json(std::string& out, std::int64_t number);
LOGKIT_DOOR void append_json(std::string& out, std::uint64_t number);

// Appends a whole JSON text on one line, with redaction below `path` and the depth cap; `depth` levels are
// around it already. False, and nothing is appended, when it is not valid JSON (RFC 8259).
[[nodiscard]] LOGKIT_DOOR bool append_json_document(std::string& out, std::string_view json, std::string_view path,
                                                    unsigned depth);

// What the redaction policy says about the value of `name` below `path` ("" at the top, else "user.address").
enum class visibility : std::uint8_t { shown, masked, hashed };
[[nodiscard]] LOGKIT_DOOR visibility visibility_of(std::string_view path, std::string_view name) noexcept;

// What stands for a hidden value: "***:" and the keyed hash of it as JSON, quotes left out. The size is always the
// same; where there is no key any more, the digits are zeros.
LOGKIT_DOOR void write_hash_mask(char (&to)[hash_mask_size], tagged_operand const& value) noexcept;
LOGKIT_DOOR void write_hash_mask(char (&to)[hash_mask_size], std::string_view json) noexcept;

// RFC 3339, UTC, microseconds.
[[nodiscard]] LOGKIT_DOOR std::string timestamp_text(std::int64_t unix_ns);

// Of the exception that is being handled, what the record says in the place of a value: "<value threw: …>".
[[nodiscard]] LOGKIT_DOOR std::string problem_in_flight();

// An exception as the bytes of kind::exception (call/exception.hpp says how).
[[nodiscard]] LOGKIT_DOOR std::string describe_exception(std::exception_ptr error);
[[nodiscard]] LOGKIT_DOOR std::string describe_exception(std::exception const& error);
// The one that the destructors of this thread are being run for; "" where nobody knows which that is.
[[nodiscard]] LOGKIT_DOOR std::string describe_exception_in_flight();

}  // namespace logkit::detail
