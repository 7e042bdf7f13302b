// SPDX-License-Identifier: MIT
#pragma once

// The functions at an address of a module, the inlined ones, too, with file and line, from debugging information read
// by elfutils' libdw. Stage: adapter; for libdw.hpp beside it, and for the `logkit` command.

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <logkit/call/source_location.hpp>
#include <logkit/render/symbol.hpp>

namespace logkit::detail {

[[nodiscard]] inline std::string source_place(const char* path, std::uint64_t line) {
    return path == nullptr ? "" : std::string(base_name(path)) + ':' + std::to_string(line);
}

// As the linker knows it, or as the source has it.
[[nodiscard]] inline std::string dwarf_name(Dwarf_Die* function) {
    Dwarf_Attribute attribute;
    const char* name = ::dwarf_formstring(::dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute));
    if (name == nullptr) name = ::dwarf_diename(function);
    return name == nullptr ? "" : name;
}

// Where the inlined function was called.
[[nodiscard]] inline std::string place_of_call(Dwarf_Die* unit, Dwarf_Die* inlined) {
    Dwarf_Attribute attribute;
    Dwarf_Word file = 0, line = 0;
    Dwarf_Files* files = nullptr;
    if (::dwarf_formudata(::dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0 ||
        ::dwarf_formudata(::dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) != 0 ||
        ::dwarf_getsrcfiles(unit, &files, nullptr) != 0)
        return "";
    return source_place(::dwarf_filesrc(files, file, nullptr, nullptr), line);
}

// The innermost first; empty where nothing is known. The address is within the instruction, not behind it.
[[nodiscard]] inline std::vector<symbol> dwarf_symbols(Dwfl_Module* module, Dwarf_Addr address) {
    symbol innermost;
    if (const char* name = ::dwfl_module_addrname(module, address)) innermost.function = name;
    if (Dwfl_Line* line = ::dwfl_module_getsrc(module, address)) {
        int number = 0;
        const char* const file = ::dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
        innermost.place = source_place(file, static_cast<std::uint64_t>(number));
    }
    std::vector<symbol> found{std::move(innermost)};
    const auto read_scopes = [](auto&& read) {
        Dwarf_Die* scopes = nullptr;
        const int count = read(&scopes);
        std::vector<Dwarf_Die> copy(scopes, scopes + (count > 0 ? count : 0));
        std::free(scopes);  // NOLINT: libdw allocates with malloc
        return copy;
    };
    Dwarf_Addr bias = 0;
    if (Dwarf_Die* unit = ::dwfl_module_addrdie(module, address, &bias)) {
        // Of the innermost scope again by itself: what the first answer has around an inlined function is where that is
        // defined, not where it was inlined.
        std::vector<Dwarf_Die> scopes =
            read_scopes([&](Dwarf_Die** into) { return ::dwarf_getscopes(unit, address - bias, into); });
        if (!scopes.empty())
            scopes = read_scopes([&](Dwarf_Die** into) { return ::dwarf_getscopes_die(&scopes.front(), into); });
        const std::string whole = found.front().function;  // what all of them are inlined into
        for (Dwarf_Die& scope : scopes) {
            const int tag = ::dwarf_tag(&scope);
            if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
            std::string name = dwarf_name(&scope);
            if (tag == DW_TAG_subprogram) {
                found.back().function = whole.empty() ? std::move(name) : whole;
                break;
            }
            found.back().function = std::move(name);
            found.push_back({whole, place_of_call(unit, &scope)});
        }
    }
    if (found.size() == 1 && found.front().function.empty() && found.front().place.empty()) found.clear();
    return found;
}

}  // namespace logkit::detail
