// SPDX-License-Identifier: MIT
// Preloaded into a program: the FAULT_NTH call of FAULT_CALL (write, open, rename, fallocate, mmap, flock, ftruncate,
// malloc), counted from fault_arm() on, fails with FAULT_ERRNO, or, if that is "short", writes half. Says on exit,
// through fault_reached(), whether it came to that.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<bool> is_armed{false}, was_reached{false};
std::atomic<long> calls{0};
const char* wanted = nullptr;
long nth = 0;
int error = 0;
bool is_short = false;

bool strikes(const char* call) {
    if (!is_armed.load(std::memory_order_relaxed) || std::strcmp(call, wanted) != 0 || ++calls != nth) return false;
    was_reached = true;
    errno = error;
    return true;
}

template <class Fn>
Fn real(const char* name) {
    return reinterpret_cast<Fn>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

void fault_arm() {
    wanted = std::getenv("FAULT_CALL");
    const char* const kind = std::getenv("FAULT_ERRNO");
    if (wanted == nullptr || kind == nullptr) return;
    nth = std::atol(std::getenv("FAULT_NTH"));
    is_short = std::strcmp(kind, "short") == 0;
    error = is_short ? 0 : std::atoi(kind);
    is_armed = true;
}
int fault_reached() {
    is_armed = false;
    return was_reached ? 1 : 0;
}

ssize_t write(int fd, const void* bytes, size_t n) {
    static auto* const next = real<ssize_t (*)(int, const void*, size_t)>("write");
    if (!strikes("write")) return next(fd, bytes, n);
    return is_short ? next(fd, bytes, n / 2) : -1;
}
int open(const char* path, int flags, ...) {
    static auto* const next = real<int (*)(const char*, int, ...)>("open");
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = va_arg(arguments, int);
    va_end(arguments);
    return strikes("open") ? -1 : next(path, flags, mode);
}
int rename(const char* from, const char* to) {
    static auto* const next = real<int (*)(const char*, const char*)>("rename");
    return strikes("rename") ? -1 : next(from, to);
}
int posix_fallocate(int fd, off_t offset, off_t length) {
    static auto* const next = real<int (*)(int, off_t, off_t)>("posix_fallocate");
    return strikes("fallocate") ? error : next(fd, offset, length);
}
void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
    static auto* const next = real<void* (*)(void*, size_t, int, int, int, off_t)>("mmap");
    return strikes("mmap") ? MAP_FAILED : next(at, size, protection, flags, fd, offset);
}
int flock(int fd, int operation) {
    static auto* const next = real<int (*)(int, int)>("flock");
    return strikes("flock") ? -1 : next(fd, operation);
}
int ftruncate(int fd, off_t size) {
    static auto* const next = real<int (*)(int, off_t)>("ftruncate");
    return strikes("ftruncate") ? -1 : next(fd, size);
}
void* __libc_malloc(size_t);
void* malloc(size_t size) {
    return strikes("malloc") ? nullptr : __libc_malloc(size);
}

}  // extern "C"
