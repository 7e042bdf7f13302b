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

// As the linker knows it; of what the linker never saw, as the source has it, with the scopes that it is in.
[[nodiscard]] inline std::string dwarf_name(Dwarf_Die* function) {
    Dwarf_Attribute attribute;
    if (const char* name = ::dwarf_formstring(::dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute)))
        return name;
    Dwarf_Die declared = *function;
    for (const unsigned link : {DW_AT_abstract_origin, DW_AT_specification})
        (void)::dwarf_formref_die(::dwarf_attr(&declared, link, &attribute), &declared);
    Dwarf_Die* scopes = nullptr;
    const int count = ::dwarf_getscopes_die(&declared, &scopes);
    std::string name;
    for (int i = 0; i < count; ++i) {
        const int tag = ::dwarf_tag(&scopes[i]);
        if (tag == DW_TAG_lexical_block || tag == DW_TAG_compile_unit) continue;
        if (i != 0) name.insert(0, "::");
        if (i != 0 && tag == DW_TAG_subprogram) {  // has a name with scopes of its own
            name.insert(0, demangle(dwarf_name(&scopes[i]).c_str()));
            break;
        }
        const char* own = ::dwarf_diename(&scopes[i]);
        name.insert(0, own != nullptr ? own : tag == DW_TAG_namespace ? "(anonymous namespace)" : "lambda");
    }
    std::free(scopes);  // NOLINT: libdw allocates with malloc
    return name;
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

// Appends the functions below `parent` that the address is in, the innermost first. (dwarf_getscopes does not look into
// functions without code of their own, in which the lambdas of an inlined one are.)
inline bool find_functions(Dwarf_Die* parent, Dwarf_Addr address, std::vector<Dwarf_Die>& found) {
    Dwarf_Die child;
    if (::dwarf_child(parent, &child) != 0) return false;
    do {
        const int tag = ::dwarf_tag(&child);
        const bool is_function = tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
        const bool is_scope = tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
        if (!is_function && !is_scope && tag != DW_TAG_lexical_block) continue;
        const bool has_address = ::dwarf_haspc(&child, address) > 0;
        const bool has_inner = find_functions(&child, address, found);
        if (is_function && has_address) found.push_back(child);
        if (has_address || has_inner) return true;
    } while (::dwarf_siblingof(&child, &child) == 0);
    return false;
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
    const std::string whole = innermost.function;  // what all others are inlined into
    std::vector<symbol> found{std::move(innermost)};
    Dwarf_Addr bias = 0;
    if (Dwarf_Die* unit = ::dwfl_module_addrdie(module, address, &bias)) {
        std::vector<Dwarf_Die> functions;
        (void)find_functions(unit, address - bias, functions);
        for (Dwarf_Die& function : functions) {
            std::string name = dwarf_name(&function);
            if (::dwarf_tag(&function) == DW_TAG_subprogram) {
                found.back().function = whole.empty() ? std::move(name) : whole;
                break;
            }
            found.back().function = std::move(name);
            found.push_back({whole, place_of_call(unit, &function)});
        }
    }
    if (found.size() == 1 && found.front().function.empty() && found.front().place.empty()) found.clear();
    return found;
}

}  // namespace logkit::detail
