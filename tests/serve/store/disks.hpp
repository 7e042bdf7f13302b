// SPDX-License-Identifier: MIT
#pragma once

// A disk for tests: in memory, fails where it is told to, and loses power as a disk does. What was not synced may be
// there afterwards, or not, or in part.

#include "store/segments/disk.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

namespace support {

// The process is gone: nothing that it would do comes to be.
struct killed {};

class memory_disk {
  public:
    struct file {
        std::string bytes, synced;
    };
    // A file by its name; who has it open keeps it when the name is gone. A copy of the map is one of the bytes.
    class named_file {
      public:
        named_file() = default;
        named_file(named_file const& other) : file_(std::make_shared<file>(*other.file_)) {}
        named_file& operator=(named_file const& other) {
            file_ = std::make_shared<file>(*other.file_);
            return *this;
        }
        named_file(named_file&&) = default;
        named_file& operator=(named_file&&) = default;
        file* operator->() const noexcept { return file_.get(); }
        [[nodiscard]] std::shared_ptr<file> share() const noexcept { return file_; }

      private:
        std::shared_ptr<file> file_ = std::make_shared<file>();
    };
    std::map<std::string, named_file> files, removed;
    // Before each call that changes something: 0, an error, or throws `killed`. After a kill the bytes stay.
    std::function<int(char const* call)> before = [](char const*) { return 0; };
    std::atomic<std::uint64_t> bytes_read{0};
    std::uint64_t free = std::uint64_t{1} << 40;
    bool half_writes = false;  // what fails to be appended is there by half

    // Everything that was not synced is left to chance.
    void lose_power(std::mt19937& random) {
        for (auto& [name, f] : removed)
            if (!files.contains(name) && random() % 2 == 0) files[name] = f;
        removed.clear();
        for (auto& [name, named] : files) {
            file& f = *named.share();
            if (f.bytes.size() > f.synced.size()) {
                const std::size_t unsynced = f.bytes.size() - f.synced.size();
                const std::size_t more = random() % 2 == 0 ? unsynced : random() % (unsynced + 1);
                std::string kept = f.bytes.substr(0, f.synced.size() + more);
                // Pages come to the disk in any order.
                if (more != 0 && random() % 2 == 0) kept[f.synced.size() + random() % more] = '\0';
                f.bytes = kept;
            } else if (random() % 2 == 0) {
                f.bytes = f.synced;  // a cut that was not synced
            }
            f.synced = f.bytes;
        }
    }

    std::unique_ptr<serve::disk> open() { return std::make_unique<view>(*this); }

  private:
    class open_file final : public serve::disk_file {
      public:
        open_file(memory_disk& on, std::shared_ptr<file> of) : on_(on), file_(std::move(of)) {}
        int append(std::string_view bytes) override {
            if (const int error = on_.before("append"); error != 0) {
                if (on_.half_writes) file_->bytes += bytes.substr(0, bytes.size() / 2);
                return error;
            }
            file_->bytes += bytes;
            return 0;
        }
        int sync() override {
            if (const int error = on_.before("sync"); error != 0) return error;
            file_->synced = file_->bytes;
            return 0;
        }
        int cut(std::uint64_t size) override {
            if (const int error = on_.before("cut"); error != 0) return error;
            file_->bytes.resize(size);
            return sync();
        }
        int read(std::uint64_t at, std::size_t size, std::string& into) const override {
            std::string const& bytes = file_->bytes;
            on_.bytes_read += size;
            into = at < bytes.size() ? bytes.substr(at, size) : std::string{};
            return 0;
        }
        std::uint64_t size() const override { return file_->bytes.size(); }

      private:
        memory_disk& on_;
        std::shared_ptr<file> file_;
    };
    class view final : public serve::disk {
      public:
        explicit view(memory_disk& on) : on_(on) {}
        int list(std::vector<std::string>& names) override {
            names.clear();
            for (auto const& [name, f] : on_.files) names.push_back(name);
            return 0;
        }
        int open(std::string const& name, std::unique_ptr<serve::disk_file>& into) override {
            if (!on_.files.contains(name)) return ENOENT;
            into = std::make_unique<open_file>(on_, on_.files[name].share());
            return 0;
        }
        int create(std::string const& name, std::unique_ptr<serve::disk_file>& into) override {
            if (const int error = on_.before("create"); error != 0) return error;
            if (on_.files.contains(name)) return EEXIST;
            on_.files[name];
            return open(name, into);
        }

        int rename(std::string const& from, std::string const& to) override {
            if (const int error = on_.before("rename"); error != 0) return error;
            auto moved = on_.files.extract(from);
            if (moved.empty()) return ENOENT;
            on_.files.erase(to);
            moved.key() = to;
            on_.files.insert(std::move(moved));
            return 0;
        }
        int remove(std::string const& name) override {
            if (const int error = on_.before("remove"); error != 0) return error;
            auto gone = on_.files.extract(name);
            if (gone.empty()) return ENOENT;
            on_.removed.erase(name);
            on_.removed.insert(std::move(gone));
            return 0;
        }
        std::uint64_t free_bytes() const override { return on_.free; }

      private:
        memory_disk& on_;
    };
};

}  // namespace support
