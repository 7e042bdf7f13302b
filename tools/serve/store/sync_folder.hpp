// SPDX-License-Identifier: MIT
#pragma once

// A file's name is on the disk when its folder was synced, and not before. 0 or errno.

#include <logkit/base/descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace serve {

[[nodiscard]] inline int sync_folder(std::string const& path) {
    const logkit::detail::descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder.is_open() && ::fsync(folder.get()) == 0 ? 0 : errno;
}

}  // namespace serve
