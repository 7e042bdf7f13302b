// SPDX-License-Identifier: MIT
#pragma once

// Return addresses as people read them. Stage: render, on the backend's thread.

#include <cxxabi.h>
#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <logkit/call/source_location.hpp>

namespace logkit::detail {

[[nodiscard]] inline std::string demangle(const char* name) {
    int status = 0;
    char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
    std::string result = status == 0 && text != nullptr ? text : name;
    std::free(text);  // NOLINT: __cxa_demangle allocates with malloc
    return result;
}

// What is known of an address; empty: nothing.
struct symbol {
    std::string function{};  // mangled
    std::string place{};     // file.cpp:42, or module+0x1234
};

// Who knows more than the dynamic symbols (adapter/libdw.hpp).
inline constinit std::atomic<symbol (*)(std::uint64_t address)> symbol_finder{nullptr};

// For a scope, addresses are those of another process: this one's symbols say nothing of them.
inline constinit thread_local bool are_addresses_foreign = false;
class foreign_addresses {
  public:
    foreign_addresses() noexcept { are_addresses_foreign = true; }
    foreign_addresses(foreign_addresses const&) = delete;
    foreign_addresses& operator=(foreign_addresses const&) = delete;
    ~foreign_addresses() { are_addresses_foreign = false; }
};

[[nodiscard]] inline symbol find_dynamic_symbol(std::uint64_t address) {
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(address), &info) == 0 || info.dli_fname == nullptr) return {};
    char offset[24];
    std::snprintf(offset, sizeof offset, "+0x%llx",
                  static_cast<unsigned long long>(address + 1 - reinterpret_cast<std::uint64_t>(info.dli_fbase)));
    return {info.dli_sname == nullptr ? "" : info.dli_sname, std::string(base_name(info.dli_fname)) + offset};
}

// "function (file.cpp:42)", as far as that is known; else "function (module+0x1234)", "module+0x1234" or
// "0x1234".
[[nodiscard]] inline std::string describe_address(std::uint64_t address) {
    symbol found;
    if (!are_addresses_foreign) {
        // A return address is behind the call: one byte less is inside of it.
        const auto find = symbol_finder.load(std::memory_order_acquire);
        if (find != nullptr) found = find(address - 1);
        if (found.function.empty() || found.place.empty()) {
            symbol dynamic = find_dynamic_symbol(address - 1);
            if (found.function.empty()) found.function = std::move(dynamic.function);
            if (found.place.empty()) found.place = std::move(dynamic.place);
        }
    }
    if (found.place.empty()) {
        char number[24];
        std::snprintf(number, sizeof number, "0x%llx", static_cast<unsigned long long>(address));
        return number;
    }
    return found.function.empty() ? found.place : demangle(found.function.c_str()) + " (" + found.place + ")";
}

}  // namespace logkit::detail
