// SPDX-License-Identifier: MIT
#pragma once

// exc(e): an exception as an argument of a log call; it becomes the record's `exc_info`. Stage: call.
//
// The bytes of kind::exception, little-endian:
//   u16 number of exceptions that this one holds; they follow it, each as this one, depth first
//   u8  1 if it has an error code: i64 value, u32 length + name of the category
//   u32 length + demangled type, u32 length + what()
//   u16 number of return addresses; for each: u64 — symbols are looked up by the backend

#include <exception>
#include <string>
#include <type_traits>
#include <vector>

#include <logkit/base/exceptions.hpp>
#include <logkit/call/text_door.hpp>
#include <logkit/call/value.hpp>

namespace logkit {

class exception_argument {
  public:
    using logkit_value = detail::exception_operand;

    explicit exception_argument(std::exception const& error) noexcept : error_(&error) {}
    explicit exception_argument(std::exception_ptr error) noexcept : pointer_(std::move(error)) {}

    exception_argument(exception_argument const&) = default;
    exception_argument& operator=(exception_argument const&) = default;

    // Never throws; an exception that cannot be described has an empty description.
    [[nodiscard]] detail::owned_exception describe() const noexcept {
        LOGKIT_TRY {
            const detail::inside_scope inside;
            return {error_ != nullptr ? detail::describe_exception(*error_) : detail::describe_exception(pointer_)};
        }
        LOGKIT_CATCH_ALL {
            return {};
        }
    }

  private:
    std::exception const* error_ = nullptr;
    std::exception_ptr pointer_{};
};

// The argument that makes a record tell of an exception: its demangled type, what(), the code of a
// std::system_error, what std::nested_exception holds, and the stack of the throw (with logkit::throw_trace)
// or else of the call. A null pointer adds nothing.
[[nodiscard]] inline exception_argument exc(std::exception const& error) noexcept {
    return exception_argument(error);
}
[[nodiscard]] inline exception_argument exc(std::exception_ptr error) noexcept {
    return exception_argument(std::move(error));
}

// For exceptions that stand for several ("aggregates"): `find` returns those which the given one holds, none
// if it is not of a type that it knows. They become `exc_info.nested`. Any thread; for the life of the
// process. Must not throw.
using cause_finder = std::vector<std::exception_ptr> (*)(std::exception const& error);
namespace detail {
LOGKIT_DOOR void register_cause_finder(cause_finder find);
}
inline void add_cause_finder(cause_finder find) {
    detail::register_cause_finder(find);
}

}  // namespace logkit
