// SPDX-License-Identifier: MIT
#pragma once

// Return addresses as people read them. Stage: render, on the backend's thread.

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/bytes.hpp>
#include <logkit/call/source_location.hpp>
#include <logkit/render/frame_text.hpp>

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
    std::string place{};     // file.cpp:42, or module+0x1234 BuildId:…
};

// "function (place)", or the place alone.
[[nodiscard]] inline std::string frame_of(symbol const& known) {
    return known.function.empty() ? known.place : demangle(known.function.c_str()) + " (" + known.place + ")";
}

// Who knows more than the dynamic symbols (adapter/libdw.hpp): inlined functions first, then what they stand in.
inline constinit std::atomic<std::vector<symbol> (*)(std::uint64_t address)> symbol_finder{nullptr};

[[nodiscard]] inline std::string build_id_text(const unsigned char* id, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i)
        text.append({"0123456789abcdef"[id[i] >> 4U], "0123456789abcdef"[id[i] & 15U]});
    return text;
}
// The id which the linker gave to the module that the address is in: a file with the same one (the program's, or its
// separate debugging information) names the address later, on any machine. Empty where the module has none.
[[nodiscard]] inline std::string build_id_at(std::uint64_t address) {
    struct search {
        std::uint64_t address;
        std::size_t size;
        unsigned char id[32];
    } found{address, 0, {}};
    const auto look = [](dl_phdr_info* module, std::size_t, void* data) -> int {  // the module cannot go meanwhile
        auto& into = *static_cast<search*>(data);
        bool is_inside = false;
        for (unsigned i = 0; i < module->dlpi_phnum; ++i) {
            const auto& part = module->dlpi_phdr[i];
            is_inside |= part.p_type == PT_LOAD && into.address - (module->dlpi_addr + part.p_vaddr) < part.p_memsz;
        }
        if (!is_inside) return 0;
        for (unsigned i = 0; i < module->dlpi_phnum; ++i) {
            const auto& part = module->dlpi_phdr[i];
            if (part.p_type != PT_NOTE) continue;
            const std::size_t alignment = part.p_align == 8 ? 8 : 4;
            std::string_view notes(reinterpret_cast<const char*>(module->dlpi_addr + part.p_vaddr), part.p_memsz);
            while (notes.size() >= sizeof(ElfW(Nhdr))) {
                const auto head = load<ElfW(Nhdr)>(notes.data());
                const std::size_t text = sizeof head + align_up(head.n_namesz, 4),
                                  end = text + align_up(head.n_descsz, alignment);
                if (text + head.n_descsz > notes.size()) break;
                if (head.n_type == NT_GNU_BUILD_ID && notes.substr(sizeof head, 4) == std::string_view("GNU", 4) &&
                    head.n_descsz <= sizeof into.id) {
                    into.size = head.n_descsz;
                    std::memcpy(into.id, notes.data() + text, into.size);
                    return 1;
                }
                notes.remove_prefix(end < notes.size() ? end : notes.size());
            }
        }
        return 1;
    };
    (void)::dl_iterate_phdr(look, &found);
    return build_id_text(found.id, found.size);
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

[[nodiscard]] inline symbol find_dynamic_symbol(std::uint64_t address) {
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(address), &info) == 0 || info.dli_fname == nullptr) return {};
    char offset[24];
    std::snprintf(offset, sizeof offset, "+0x%llx",
                  static_cast<unsigned long long>(address + 1 - reinterpret_cast<std::uint64_t>(info.dli_fbase)));
    std::string place = std::string(base_name(info.dli_fname)) + offset;
    if (const std::string id = build_id_at(address); !id.empty()) place.append(build_id_mark).append(id);
    return {info.dli_sname == nullptr ? "" : info.dli_sname, std::move(place)};
}

// "function (file.cpp:42)", as far as that is known; else "function (module+0x1234 BuildId:…)", without the function,
// or "0x1234". Several where functions are inlined there, the innermost first.
[[nodiscard]] inline std::vector<std::string> describe_address(std::uint64_t address) {
    std::vector<symbol> found;
    if (!are_addresses_foreign) {
        // A return address is behind the call: one byte less is inside of it.
        if (const auto find = symbol_finder.load(std::memory_order_acquire); find != nullptr) found = find(address - 1);
        if (found.empty()) found.emplace_back();
        if (symbol& outermost = found.back(); outermost.function.empty() || outermost.place.empty()) {
            symbol dynamic = find_dynamic_symbol(address - 1);
            if (outermost.function.empty()) outermost.function = std::move(dynamic.function);
            if (outermost.place.empty()) outermost.place = std::move(dynamic.place);
        }
    }
    std::vector<std::string> frames;
    for (symbol const& one : found)
        if (!one.place.empty()) frames.push_back(frame_of(one));
    if (frames.empty()) {
        char number[24];
        std::snprintf(number, sizeof number, "0x%llx", static_cast<unsigned long long>(address));
        frames.emplace_back(number);
    }
    return frames;
}

}  // namespace logkit::detail
