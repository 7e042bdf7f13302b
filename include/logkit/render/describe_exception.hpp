// SPDX-License-Identifier: MIT
#pragma once

// Exceptions, described on the thread that logs them: types, texts, return addresses. The bytes are drawn in
// call/exception.hpp. Stage: render, as its counterpart, exception_text.hpp.

#include <cxxabi.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <vector>

#include <logkit/base/bytes.hpp>
#include <logkit/base/stack.hpp>
#include <logkit/base/throw_recorder.hpp>
#include <logkit/call/exception.hpp>
#include <logkit/call/text_door.hpp>
#include <logkit/render/symbol.hpp>

namespace logkit::detail {

// throw_with_nested throws a class of its own, derived from the one that the program threw: tell of that.
[[nodiscard]] inline std::string type_of(std::exception const& error) {
    std::string type = demangle(typeid(error).name());
    for (const std::string_view wrapper : {"std::_Nested_exception<", "std::__1::__nested<"})
        if (type.starts_with(wrapper)) return type.substr(wrapper.size(), type.size() - wrapper.size() - 1);
    return type;
}

// Exceptions of others may have nothing to say.
[[nodiscard]] inline const char* text_of_what(std::exception const& e) noexcept {
    const char* const what = e.what();
    return what == nullptr ? "" : what;
}
[[nodiscard]] inline const char* name_of_category(std::error_code const& code) noexcept {
    const char* const name = code.category().name();
    return name == nullptr ? "" : name;
}

struct known_cause_finder {
    cause_finder find;
    known_cause_finder* next;
};
inline constinit std::atomic<known_cause_finder*> cause_finders{nullptr};

LOGKIT_DOOR void register_cause_finder(cause_finder find) {
    auto* added = new known_cause_finder{find, cause_finders.load()};
    while (!cause_finders.compare_exchange_weak(added->next, added)) {
    }
}

inline constexpr std::size_t most_frames = 64;

struct return_addresses {
    std::uint64_t addresses[most_frames];
    std::size_t size = 0;
};
[[nodiscard]] inline return_addresses stack_of_throw(void const* object) noexcept {
    return_addresses found;
    if (throw_recorder const* known = known_throws.load(std::memory_order_acquire))
        found.size = known->stack_of(object, found.addresses, most_frames);
    return found;
}

[[nodiscard]] inline std::exception_ptr pointer_to(void* object) noexcept {
    // A copy of something that looks like a pointer, and so takes a reference of its own.
    return *reinterpret_cast<std::exception_ptr const*>(&object);
}

// Writes an exception and those that it holds, depth first. A tree of more than `most_exceptions` is cut: an
// exception can be made to contain itself.
class exception_writer {
  public:
    static constexpr std::size_t most_exceptions = 32;

    [[nodiscard]] [[gnu::noinline]] std::string describe(std::exception_ptr const& error) {
        note_own_stack(object_of(error));
        put_pointer(error);
        return std::move(bytes_);
    }
    [[nodiscard]] [[gnu::noinline]] std::string describe(std::exception const& error) {
        void const* object = dynamic_cast<void const*>(&error);
        note_own_stack(object);
        put_error(error, object);
        return std::move(bytes_);
    }

  private:
    // Passes `error` to its handler by its type; what is thrown need not be a std::exception.
    void put_pointer(std::exception_ptr const& error) {
        void const* object = object_of(error);
        const auto current_type = [] {
            const std::type_info* type = abi::__cxa_current_exception_type();
            return type == nullptr ? std::string("unknown") : demangle(type->name());
        };
        try {
            std::rethrow_exception(error);
        } catch (std::exception const& e) {
            put_error(e, object);
        } catch (std::string const& text) {
            put(object, current_type(), text, nullptr, {});
        } catch (const char* text) {
            put(object, current_type(), text == nullptr ? "" : text, nullptr, {});
        } catch (int number) {
            put(object, current_type(), std::to_string(number), nullptr, {});
        } catch (...) {
            put(object, current_type(), "", nullptr, {});
        }
    }

    void put_error(std::exception const& error, void const* object) {
        const auto* system = dynamic_cast<std::system_error const*>(&error);
        const std::error_code code = system == nullptr ? std::error_code{} : system->code();
        put(object, type_of(error), text_of_what(error), system == nullptr ? nullptr : &code, causes_of(error));
    }

    [[nodiscard]] static std::vector<std::exception_ptr> causes_of(std::exception const& error) {
        std::vector<std::exception_ptr> causes;
        const auto* nested = dynamic_cast<std::nested_exception const*>(&error);
        if (nested != nullptr && nested->nested_ptr() != nullptr) causes.push_back(nested->nested_ptr());
        for (known_cause_finder* known = cause_finders.load(); known != nullptr; known = known->next)
            for (std::exception_ptr& cause : known->find(error))
                if (cause != nullptr) causes.push_back(std::move(cause));
        return causes;
    }

    void put(void const* object, std::string_view type, std::string_view what, std::error_code const* code,
             std::vector<std::exception_ptr> const& causes) {
        const std::size_t room = most_exceptions - ++count_;
        const std::size_t nested = causes.size() < room ? causes.size() : room;
        const std::size_t place_of_nested = bytes_.size();
        put_number(static_cast<std::uint16_t>(nested));
        put_number(static_cast<std::uint8_t>(code != nullptr));
        if (code != nullptr) {
            put_number(static_cast<std::int64_t>(code->value()));
            put_text(name_of_category(*code));
        }
        put_text(type);
        put_text(what);
        put_stack(object);
        std::uint16_t written = 0;
        for (std::size_t i = 0; i < nested && count_ < most_exceptions; ++i, ++written) put_pointer(causes[i]);
        std::memcpy(bytes_.data() + place_of_nested, &written, sizeof written);
    }

    // Of the throw, if that is known; else the outermost has the stack of who describes it.
    void put_stack(void const* object) {
        const return_addresses thrown = stack_of_throw(object);
        return_addresses const& told = thrown.size != 0 || count_ != 1 ? thrown : own_;
        put_number(static_cast<std::uint16_t>(told.size));
        for (std::size_t i = 0; i < told.size; ++i) put_number(told.addresses[i]);
    }
    // Where the throw is not known.
    [[gnu::noinline]] void note_own_stack(void const* object) noexcept {
        if (stack_of_throw(object).size != 0) return;
        constexpr std::size_t own_frames = 2;  // this function and describe()
        own_.size = read_stack(own_.addresses, most_frames, own_frames);
    }

    template <class T>
    void put_number(T number) {
        bytes_.append(bytes_of(number));
    }
    void put_text(std::string_view text) {
        put_number(static_cast<std::uint32_t>(text.size()));
        bytes_ += text;
    }

    std::string bytes_{};
    std::size_t count_ = 0;
    return_addresses own_{};
};

LOGKIT_DOOR std::string problem_in_flight() {
    const std::exception_ptr error = std::current_exception();
    if (error == nullptr) return "<value threw>";
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        const std::string_view what = text_of_what(e);
        return what.empty() ? "<value threw>" : "<value threw: " + std::string(what) + ">";
    } catch (...) {
        return "<value threw>";
    }
}

LOGKIT_DOOR std::string describe_exception(std::exception_ptr error) {
    return error == nullptr ? std::string{} : exception_writer{}.describe(error);
}

LOGKIT_DOOR std::string describe_exception(std::exception const& error) {
    return exception_writer{}.describe(error);
}

LOGKIT_DOOR std::string describe_exception_in_flight() {
    throw_recorder const* known = known_throws.load(std::memory_order_acquire);
    void* object = known == nullptr ? nullptr : known->in_flight();
    return object == nullptr ? std::string{} : exception_writer{}.describe(pointer_to(object));
}

}  // namespace logkit::detail
