// SPDX-License-Identifier: MIT
#include "insight/symbols.hpp"

#ifdef LOGKIT_WITH_LIBDW
#include <logkit/adapter/dwarf.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#endif

namespace insight {
#ifdef LOGKIT_WITH_LIBDW
namespace {

namespace fs = std::filesystem;

// "function (app+0x1234 BuildId:…)", or what is in its brackets alone.
struct module_frame {
    std::string module, build_id, place;  // the place is module+0x1234
    std::uint64_t offset = 0;
};

[[nodiscard]] std::optional<module_frame> read_module_frame(std::string_view frame) {
    const std::size_t mark = frame.rfind(logkit::build_id_mark);
    if (mark == std::string_view::npos) return std::nullopt;
    std::string_view id = frame.substr(mark + logkit::build_id_mark.size());
    id = id.substr(0, id.find_first_not_of("0123456789abcdef"));
    const std::size_t bracket = frame.rfind(" (", mark), from = bracket == std::string_view::npos ? 0 : bracket + 2;
    const std::string_view place = frame.substr(from, mark - from);
    const std::size_t plus = place.rfind("+0x");
    if (plus == std::string_view::npos || plus == 0 || place.find('/') != std::string_view::npos || id.size() < 8 ||
        id.size() % 2 != 0)
        return std::nullopt;
    module_frame read{std::string(place.substr(0, plus)), std::string(id), std::string(place)};
    const char* const end = place.data() + place.size();
    const auto [stop, error] = std::from_chars(place.data() + plus + 3, end, read.offset, 16);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return read;
}

[[nodiscard]] std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT: nobody sets any
    return value == nullptr ? "" : value;
}

class symbol_store {
  public:
    void look_in(fs::path place) { places_.push_back(std::move(place)); }

    [[nodiscard]] std::vector<std::string> named(std::string const& frame) {
        const std::lock_guard lock(mutex_);
        // What anybody may have written does not fill the memory.
        if (frames_.size() > 10'000) frames_.clear();
        if (modules_.size() > 100) modules_.clear();
        const auto known = frames_.find(frame);
        return known != frames_.end() ? known->second : frames_.emplace(frame, name(frame)).first->second;
    }

  private:
    static inline constexpr Dwfl_Callbacks callbacks{nullptr, &::dwfl_standard_find_debuginfo,
                                                     &::dwfl_offline_section_address, nullptr};
    struct end_session {
        void operator()(Dwfl* session) const noexcept { ::dwfl_end(session); }
    };
    struct module {
        std::unique_ptr<Dwfl, end_session> session;
        Dwfl_Module* read = nullptr;
        Dwarf_Addr start = 0;
    };

    [[nodiscard]] std::vector<std::string> name(std::string const& frame) {
        const std::optional<module_frame> from = read_module_frame(frame);
        if (!from) return {frame};
        auto known = modules_.find(from->build_id);
        if (known == modules_.end()) known = modules_.emplace(from->build_id, find(*from)).first;
        module const& in = known->second;
        if (in.read == nullptr || from->offset == 0) return {frame};
        std::vector<std::string> named;
        for (logkit::detail::symbol& symbol : logkit::detail::dwarf_symbols(in.read, in.start + from->offset - 1)) {
            if (symbol.function.empty() && symbol.place.empty()) continue;
            if (symbol.place.empty()) symbol.place = from->place;
            named.push_back(logkit::detail::frame_of(symbol));
        }
        return named.empty() ? std::vector<std::string>{frame} : named;
    }

    [[nodiscard]] module find(module_frame const& from) const {
        const std::string by_id = from.build_id.substr(0, 2) + '/' + from.build_id.substr(2) + ".debug";
        std::vector<fs::path> files;
        for (fs::path const& place : places_) {
            for (fs::path const& file : {place, place / from.module, place / by_id, place / ".build-id" / by_id})
                files.push_back(file);
            std::error_code none;  // whatever they are called
            std::size_t most = 1'000;
            for (fs::directory_iterator at(place, none), end; none == std::error_code{} && at != end && most-- != 0;
                 at.increment(none))
                files.push_back(at->path());
        }
        files.emplace_back(from.module);
        const std::string path = environment("PATH");
        for (std::size_t at = 0; at <= path.size();) {
            const std::size_t end = std::min(path.find(':', at), path.size());
            files.push_back(fs::path(path.substr(at, end - at)) / from.module);
            at = end + 1;
        }
        files.push_back(fs::path("/usr/lib/debug/.build-id") / by_id);
        const std::string cache = environment("DEBUGINFOD_CACHE_PATH"), user = environment("XDG_CACHE_HOME");
        const fs::path cached = !cache.empty()  ? fs::path(cache)
                                : !user.empty() ? fs::path(user) / "debuginfod_client"
                                                : fs::path(environment("HOME")) / ".cache/debuginfod_client";
        for (const char* const kind : {"debuginfo", "executable"}) files.push_back(cached / from.build_id / kind);
        for (fs::path const& file : files)
            if (module found = open(file, from.build_id); found.read != nullptr) return found;
        return {};
    }

    [[nodiscard]] static module open(fs::path const& file, std::string const& build_id) {
        std::error_code none;
        if (!fs::is_regular_file(file, none)) return {};
        module opened;
        opened.session.reset(::dwfl_begin(&callbacks));
        if (opened.session == nullptr) return {};
        Dwfl_Module* read = ::dwfl_report_offline(opened.session.get(), "", file.c_str(), -1);
        (void)::dwfl_report_end(opened.session.get(), nullptr, nullptr);
        GElf_Addr bias = 0;
        const unsigned char* id = nullptr;
        GElf_Addr id_address = 0;
        if (read == nullptr || ::dwfl_module_getelf(read, &bias) == nullptr) return {};
        const int size = ::dwfl_module_build_id(read, &id, &id_address);
        if (size <= 0 || logkit::detail::build_id_text(id, static_cast<std::size_t>(size)) != build_id) return {};
        opened.read = read;
        (void)::dwfl_module_info(read, nullptr, &opened.start, nullptr, nullptr, nullptr, nullptr, nullptr);
        return opened;
    }

    std::mutex mutex_;
    std::vector<fs::path> places_;
    std::map<std::string, std::vector<std::string>, std::less<>> frames_;
    std::map<std::string, module, std::less<>> modules_;
};

[[nodiscard]] symbol_store& symbols() {
    static symbol_store store;
    return store;
}

}  // namespace

void look_for_symbols_in(std::filesystem::path place) {
    symbols().look_in(std::move(place));
}

std::vector<std::string> named_stack(std::vector<std::string> const& stack) {
    std::vector<std::string> named;
    for (std::string const& frame : stack) {
        if (frame.find(logkit::build_id_mark) == std::string::npos)
            named.push_back(frame);
        else
            for (std::string& one : symbols().named(frame)) named.push_back(std::move(one));
    }
    return named;
}
#else
void look_for_symbols_in(std::filesystem::path) {}

std::vector<std::string> named_stack(std::vector<std::string> const& stack) {
    return stack;
}
#endif

namespace {
void name_all(logkit::exception_story& story) {
    story.stack = named_stack(story.stack);
    for (logkit::exception_story& cause : story.nested) name_all(cause);
}
}  // namespace

logkit::exception_story named_exception_of(logkit::entry const& e) {
    logkit::exception_story story = logkit::exception_of(e);
    name_all(story);
    return story;
}

}  // namespace insight
