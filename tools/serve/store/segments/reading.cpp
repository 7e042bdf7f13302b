// SPDX-License-Identifier: MIT
#include "store/segments/reading.hpp"

#include <logkit/base/descriptor.hpp>

#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>

#include <stdexcept>

namespace serve {

bool is_data_folder(std::string const& path) {
    struct stat status {};
    return ::stat((path + "/segments").c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_served(std::string const& data) {
    const logkit::detail::descriptor lock(::open((data + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
    return lock.is_open() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0;
}

std::unique_ptr<segment_store> open_to_read(std::string const& data,
                                            std::function<void(std::string const&)> const& say) {
    segment_settings s;
    s.is_read_only = true;
    s.say = say;
    constexpr int most_tries = 20;  // segments are sealed and dropped meanwhile
    for (int tries = 1;; ++tries) {
        s.is_growing = is_served(data);
        try {
            return std::make_unique<segment_store>(open_folder_disk(data + "/segments"), s);
        } catch (newer_format const&) {
            throw;
        } catch (std::runtime_error const&) {
            if (!s.is_growing || tries == most_tries) throw;
        }
    }
}

}  // namespace serve
