// SPDX-License-Identifier: MIT
#pragma once

// The lock of the settings, waited for with a bound: who holds it may hang on a disk. Stage: control.

#include <system_error>

#include <logkit/base/bounded_mutex.hpp>
#include <logkit/pipe/backend.hpp>

namespace logkit::detail {

[[noreturn]] inline void throw_log_hangs() {
    throw std::system_error(
        std::make_error_code(std::errc::timed_out),
        "logkit: a write to the log hangs, so nothing can be changed now; see to its disk, or to who "
        "holds its lock");
}
class hold_settings {
  public:
    explicit hold_settings(bounded_mutex& mutex) : mutex_(mutex) {
        if (!mutex_.try_lock_until(deadline_after(backend::patience_ns))) throw_log_hangs();
    }
    hold_settings(hold_settings const&) = delete;
    hold_settings& operator=(hold_settings const&) = delete;
    ~hold_settings() { mutex_.unlock(); }

  private:
    bounded_mutex& mutex_;
};

}  // namespace logkit::detail
