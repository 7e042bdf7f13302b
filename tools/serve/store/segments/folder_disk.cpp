// SPDX-License-Identifier: MIT
#include "store/segments/disk.hpp"

#include "store/sync_folder.hpp"

#include <logkit/base/descriptor.hpp>

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <system_error>

namespace serve {
namespace {

using logkit::detail::descriptor;

class folder_file final : public disk_file {
  public:
    explicit folder_file(descriptor file) : file_(std::move(file)) {}

    int append(std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return n == 0 ? EIO : errno;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return 0;
    }
    int sync() override { return ::fdatasync(file_.get()) == 0 ? 0 : errno; }
    int cut(std::uint64_t size) override {
        if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) return errno;
        return sync();
    }
    int read(std::uint64_t at, std::size_t size, std::string& into) const override {
        into.resize(size);
        std::size_t done = 0;
        while (done < size) {
            const ssize_t n = ::pread(file_.get(), into.data() + done, size - done, static_cast<off_t>(at + done));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return errno;
            if (n == 0) break;
            done += static_cast<std::size_t>(n);
        }
        into.resize(done);
        return 0;
    }
    std::uint64_t size() const override {
        struct stat status {};
        return ::fstat(file_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
    }

  private:
    descriptor file_;
};

class folder_disk final : public disk {
  public:
    folder_disk(std::string folder, bool is_read_only) : folder_(std::move(folder)), is_read_only_(is_read_only) {}

    int list(std::vector<std::string>& names) override {
        names.clear();
        DIR* const listing = ::opendir(folder_.c_str());
        if (listing == nullptr) return errno;
        while (const dirent* entry = ::readdir(listing))
            if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
        ::closedir(listing);
        std::sort(names.begin(), names.end());
        return 0;
    }
    int open(std::string const& name, std::unique_ptr<disk_file>& into) override { return open_with(name, 0, into); }
    int create(std::string const& name, std::unique_ptr<disk_file>& into) override {
        if (const int error = open_with(name, O_CREAT | O_EXCL, into); error != 0) return error;
        const int error = sync_folder(folder_);
        if (error == 0) return 0;
        into.reset();
        (void)::unlink((folder_ + '/' + name).c_str());
        return error;
    }
    int rename(std::string const& from, std::string const& to) override {
        if (::rename((folder_ + '/' + from).c_str(), (folder_ + '/' + to).c_str()) != 0) return errno;
        return sync_folder(folder_);
    }
    int remove(std::string const& name) override { return ::unlink((folder_ + '/' + name).c_str()) == 0 ? 0 : errno; }
    std::uint64_t free_bytes() const override {
        struct statvfs status {};
        if (::statvfs(folder_.c_str(), &status) != 0) return std::numeric_limits<std::uint64_t>::max();
        return std::uint64_t{status.f_bavail} * status.f_frsize;
    }

  private:
    [[nodiscard]] int open_with(std::string const& name, int flags, std::unique_ptr<disk_file>& into) const {
        descriptor file(::open((folder_ + '/' + name).c_str(),
                               (is_read_only_ ? O_RDONLY : O_RDWR | O_APPEND) | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
        if (!file.is_open()) return errno;
        into = std::make_unique<folder_file>(std::move(file));
        return 0;
    }

    std::string folder_;
    bool is_read_only_;
};

}  // namespace

std::unique_ptr<disk> make_folder_disk(std::string const& folder) {
    std::filesystem::create_directories(folder);
    // Whoever made the folder, or a file in it, may have been killed before the name was synced.
    for (std::string const& path : {folder, std::filesystem::absolute(folder).parent_path().string()})
        if (const int error = sync_folder(path); error != 0)
            throw std::system_error(error, std::generic_category(), path + " cannot be synced");
    return std::make_unique<folder_disk>(folder, false);
}
std::unique_ptr<disk> open_folder_disk(std::string const& folder) {
    return std::make_unique<folder_disk>(folder, true);
}

}  // namespace serve
