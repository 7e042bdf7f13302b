// SPDX-License-Identifier: MIT
#pragma once

// Shared objects that must not be unloaded: a plugin that has logged has given us pointers (functions that run when a
// thread exits, names of spans), and dlclose() would leave them dangling. It stays in memory; everything else that
// dlclose() promises has happened. Base.

#include <dlfcn.h>
#include <link.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>

namespace logkit::detail {

class pinned_code {
  public:
    // The object that holds the address, for as long as the process lives. Cheap where that is known already.
    static void pin(void const* address) noexcept {
        if (address == nullptr || is_known(address)) return;
        search wanted{reinterpret_cast<std::uintptr_t>(address), 0, 0, {}};
        if (::dl_iterate_phdr(&look_at, &wanted) == 0) return;  // not of any object
        // The program itself has no name, and is never unloaded.
        if (wanted.name[0] != '\0') (void)::dlopen(wanted.name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
        remember(wanted.begin, wanted.end);
    }

  private:
    struct search {
        std::uintptr_t address, begin, end;
        char name[4096];
    };
    struct range {
        std::atomic<std::uintptr_t> begin, end;
    };
    static constexpr std::size_t most_known = 64;  // those beyond are looked up each time
    static inline constinit range known_[most_known]{};
    static inline constinit std::atomic<std::size_t> known_count_{0};
    static inline constinit std::mutex mutex_{};

    [[nodiscard]] static bool is_known(void const* address) noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        for (std::size_t i = 0, n = known_count_.load(std::memory_order_acquire); i < n; ++i)
            if (at >= known_[i].begin.load(std::memory_order_relaxed) &&
                at < known_[i].end.load(std::memory_order_relaxed))
                return true;
        return false;
    }
    static void remember(std::uintptr_t begin, std::uintptr_t end) noexcept {
        const std::lock_guard lock(mutex_);
        const std::size_t n = known_count_.load(std::memory_order_relaxed);
        if (n == most_known) return;
        known_[n].begin.store(begin, std::memory_order_relaxed);
        known_[n].end.store(end, std::memory_order_relaxed);
        known_count_.store(n + 1, std::memory_order_release);
    }

    static int look_at(dl_phdr_info* object, std::size_t, void* data) noexcept {
        auto& wanted = *static_cast<search*>(data);
        std::uintptr_t lowest = UINTPTR_MAX, highest = 0;
        for (int i = 0; i < object->dlpi_phnum; ++i) {
            const ElfW(Phdr)& segment = object->dlpi_phdr[i];
            if (segment.p_type != PT_LOAD) continue;
            const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
            if (begin < lowest) lowest = begin;
            if (begin + segment.p_memsz > highest) highest = begin + segment.p_memsz;
        }
        if (wanted.address < lowest || wanted.address >= highest) return 0;
        wanted.begin = lowest;
        wanted.end = highest;
        std::snprintf(wanted.name, sizeof wanted.name, "%s", object->dlpi_name == nullptr ? "" : object->dlpi_name);
        return 1;
    }
};

}  // namespace logkit::detail
