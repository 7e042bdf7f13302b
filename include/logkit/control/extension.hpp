// SPDX-License-Identifier: MIT
#pragma once

// The seam at which an opt-in part that works beside the backend (logkit::ship) is told of the engine's life. Stage:
// control. The core knows no such part; one that is linked enters itself here before main().

#include <atomic>
#include <string>

namespace logkit::detail {

class engine_extension {
  public:
    // Where a program that wants no log file has to have one all the same; "": it need not.
    [[nodiscard]] virtual std::string file_instead_of_none() = 0;
    // The backend runs, for the first time, with other settings, or in a forked child that logs. Called with the
    // engine's settings held: it must neither log nor wait. "": there is no log file.
    virtual void started(std::string const& log_path) = 0;
    // In a forked child, before anything else: nothing of the parent's may be touched.
    virtual void forked() noexcept = 0;

  protected:
    ~engine_extension() = default;
};

inline constinit std::atomic<engine_extension*> the_extension{nullptr};

[[nodiscard]] inline std::string file_instead_of_none() {
    engine_extension* const other = the_extension.load();
    return other == nullptr ? std::string{} : other->file_instead_of_none();
}
inline void tell_started(std::string const& log_path) {
    if (engine_extension* const other = the_extension.load()) other->started(log_path);
}
inline void tell_forked() noexcept {
    if (engine_extension* const other = the_extension.load()) other->forked();
}

}  // namespace logkit::detail
