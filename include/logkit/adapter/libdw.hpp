// SPDX-License-Identifier: MIT
#pragma once

// Frames of `exc_info.stack` with file and line, from the debugging information of the program (and of the
// separate debug packages of its libraries), by elfutils' libdw. Stage: adapter, opt-in: link
// logkit::throw_trace where libdw is installed; or include this in one translation unit, and link -ldw.
// Used by the backend's thread alone.

#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <logkit/adapter/dwarf.hpp>
#include <logkit/render/symbol.hpp>

namespace logkit::detail {

class libdw_session {
  public:
    libdw_session() noexcept : dwfl_(::dwfl_begin(&callbacks)) { report(); }
    libdw_session(libdw_session const&) = delete;
    libdw_session& operator=(libdw_session const&) = delete;

    // A throw that comes again has the same addresses, and to find the functions around one takes milliseconds.
    [[nodiscard]] std::vector<symbol> find(std::uint64_t address) {
        constexpr std::size_t most = 10'000;
        const auto known = known_.find(address);
        if (known != known_.end()) return known->second;
        if (known_.size() == most) known_.clear();
        return known_.emplace(address, look_up(address)).first->second;
    }

  private:
    [[nodiscard]] std::vector<symbol> look_up(std::uint64_t address) {
        if (dwfl_ == nullptr) return {};
        Dwfl_Module* module = ::dwfl_addrmodule(dwfl_, address);
        if (module == nullptr) {  // loaded since
            report();
            module = ::dwfl_addrmodule(dwfl_, address);
        }
        return module == nullptr ? std::vector<symbol>{} : dwarf_symbols(module, address);
    }

    void report() noexcept {
        if (dwfl_ == nullptr) return;
        ::dwfl_report_begin_add(dwfl_);
        (void)::dwfl_linux_proc_report(dwfl_, ::getpid());
        (void)::dwfl_report_end(dwfl_, nullptr, nullptr);
    }

    static inline char* no_debug_path = nullptr;
    static inline constexpr Dwfl_Callbacks callbacks{&::dwfl_linux_proc_find_elf, &::dwfl_standard_find_debuginfo,
                                                     nullptr, &no_debug_path};
    Dwfl* dwfl_;
    std::unordered_map<std::uint64_t, std::vector<symbol>> known_{};
};

[[gnu::constructor]] inline void find_symbols_by_libdw() noexcept {
    symbol_finder.store(
        [](std::uint64_t address) {
            static auto* const session = new libdw_session;  // never destroyed: the backend outlives main
            return session->find(address);
        },
        std::memory_order_release);
}

}  // namespace logkit::detail
