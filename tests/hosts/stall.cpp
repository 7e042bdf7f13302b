// SPDX-License-Identifier: MIT
// Preloaded into a program: a disk that hangs. While a file of the name in STALL is there, write(2) to a regular file
// does not return.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

extern "C" ssize_t write(int fd, void const* bytes, std::size_t size) {
    static const auto real = reinterpret_cast<ssize_t (*)(int, void const*, std::size_t)>(::dlsym(RTLD_NEXT, "write"));
    const char* const name = std::getenv("STALL");
    struct stat status {};
    while (name != nullptr && ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && ::access(name, F_OK) == 0)
        ::usleep(1000);
    return real(fd, bytes, size);
}
