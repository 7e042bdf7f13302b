// SPDX-License-Identifier: MIT
#pragma once

// Exceptions: described on the caller's thread (types, texts, return addresses), told on the backend's
// (symbols, JSON). Stage: render. The bytes in between are drawn in call/exception.hpp.

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include <logkit/base/bytes.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/base/stack.hpp>
#include <logkit/call/text_door.hpp>

namespace logkit::detail {

[[nodiscard]] inline std::string demangle(const char* name) {
    int status = 0;
    char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
    std::string result = status == 0 && text != nullptr ? text : name;
    std::free(text);  // NOLINT: __cxa_demangle allocates with malloc
    return result;
}

// throw_with_nested throws a class of its own, derived from the one that the program threw: tell of that.
[[nodiscard]] inline std::string type_of(std::exception const& error) {
    std::string type = demangle(typeid(error).name());
    for (const std::string_view wrapper : {"std::_Nested_exception<", "std::__1::__nested<"})
        if (type.starts_with(wrapper)) return type.substr(wrapper.size(), type.size() - wrapper.size() - 1);
    return type;
}

struct exception_link {
    std::string type, what;
};

// A chain longer than this is cut; one can be made to contain itself.
inline constexpr std::size_t longest_chain = 32;

inline void describe_chain(std::vector<exception_link>& chain, std::exception_ptr const& error);

inline void describe_nested(std::vector<exception_link>& chain, std::exception const& error) {
    const auto* nested = dynamic_cast<std::nested_exception const*>(&error);
    if (nested != nullptr && nested->nested_ptr() != nullptr) describe_chain(chain, nested->nested_ptr());
}

// What is thrown need not be a std::exception; texts and numbers tell what they are all the same.
inline void describe_chain(std::vector<exception_link>& chain, std::exception_ptr const& error) {
    if (chain.size() == longest_chain) return;
    const auto current_type = [] {
        const std::type_info* type = abi::__cxa_current_exception_type();
        return type == nullptr ? std::string("unknown") : demangle(type->name());
    };
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        chain.push_back({type_of(e), e.what()});
        describe_nested(chain, e);
    } catch (std::string const& text) {
        chain.push_back({current_type(), text});
    } catch (const char* text) {
        chain.push_back({current_type(), text == nullptr ? "" : text});
    } catch (int number) {
        chain.push_back({current_type(), std::to_string(number)});
    } catch (...) {
        chain.push_back({current_type(), ""});
    }
}

[[nodiscard]] inline std::string encode_exception(std::vector<exception_link> const& chain) {
    std::string bytes;
    const auto put = [&](auto value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
    const auto put_text = [&](std::string_view text) {
        put(static_cast<std::uint32_t>(text.size()));
        bytes += text;
    };
    put(static_cast<std::uint16_t>(chain.size()));
    for (exception_link const& link : chain) {
        put_text(link.type);
        put_text(link.what);
    }
    constexpr std::size_t most_frames = 64, own_frames = 2;  // the innermost are ours
    std::uint64_t addresses[most_frames];
    const std::size_t n = read_stack(addresses, most_frames, own_frames);
    put(static_cast<std::uint16_t>(n));
    for (std::size_t i = 0; i < n; ++i) put(addresses[i]);
    return bytes;
}

LOGKIT_DOOR std::string describe_exception(std::exception_ptr error) {
    if (error == nullptr) return {};
    std::vector<exception_link> chain;
    describe_chain(chain, error);
    return encode_exception(chain);
}

LOGKIT_DOOR std::string describe_exception(std::exception const& error) {
    std::vector<exception_link> chain{{type_of(error), error.what()}};
    describe_nested(chain, error);
    return encode_exception(chain);
}

// For a scope, addresses are those of another process: this one's symbols say nothing of them.
inline constinit thread_local bool are_addresses_foreign = false;
class foreign_addresses {
  public:
    foreign_addresses() noexcept { are_addresses_foreign = true; }
    foreign_addresses(foreign_addresses const&) = delete;
    foreign_addresses& operator=(foreign_addresses const&) = delete;
    ~foreign_addresses() { are_addresses_foreign = false; }
};

// "function (module+0x1234)", as far as the dynamic symbols know.
[[nodiscard]] inline std::string describe_address(std::uint64_t address) {
    Dl_info info{};
    char number[40];
    // A return address is behind the call: one byte less is inside of it.
    if (are_addresses_foreign || dladdr(reinterpret_cast<void*>(address - 1), &info) == 0 ||
        info.dli_fname == nullptr) {
        std::snprintf(number, sizeof number, "0x%llx", static_cast<unsigned long long>(address));
        return number;
    }
    const std::string_view module = info.dli_fname;
    std::snprintf(number, sizeof number, "+0x%llx",
                  static_cast<unsigned long long>(address - reinterpret_cast<std::uint64_t>(info.dli_fbase)));
    std::string place = std::string(module.substr(module.find_last_of('/') + 1)) + number;
    return info.dli_sname == nullptr ? place : demangle(info.dli_sname) + " (" + place + ")";
}

// The exceptions of such bytes, outermost first, and the described stack.
struct exception_story {
    std::vector<exception_link> chain;
    std::vector<std::string> stack;
};

[[nodiscard]] inline exception_story read_exception(std::string_view bytes) {
    exception_story story;
    const auto take = [&]<class T>(T zero) {
        if (bytes.size() < sizeof(T)) return zero;
        const T value = load<T>(bytes.data());
        bytes.remove_prefix(sizeof(T));
        return value;
    };
    const auto take_text = [&] {
        const std::size_t n = take(std::uint32_t{0});
        std::string text(bytes.substr(0, n));
        bytes.remove_prefix(text.size());
        return text;
    };
    const auto links = take(std::uint16_t{0});
    for (unsigned i = 0; i < links && !bytes.empty(); ++i) {
        std::string type = take_text();
        story.chain.push_back({std::move(type), take_text()});
    }
    const auto frames = take(std::uint16_t{0});
    for (unsigned i = 0; i < frames && !bytes.empty(); ++i)
        story.stack.push_back(describe_address(take(std::uint64_t{0})));
    return story;
}

// The `exc_info` object. The stack belongs to the outermost exception, the one that was handled.
[[nodiscard]] inline std::string exception_json(std::string_view bytes) {
    const exception_story story = read_exception(bytes);
    if (story.chain.empty()) return "null";
    std::string json;
    for (std::size_t i = 0; i < story.chain.size(); ++i) {
        if (i != 0) json += R"(,"nested":)";
        json += R"({"type":)" + json_string(story.chain[i].type) + R"(,"what":)" +
                json_string(story.chain[i].what) + R"(,"stack":[)";
        for (std::size_t f = 0; i == 0 && f < story.stack.size(); ++f) {
            if (f != 0) json += ',';
            json += json_string(story.stack[f]);
        }
        json += ']';
    }
    json.append(story.chain.size(), '}');
    return json;
}

}  // namespace logkit::detail
