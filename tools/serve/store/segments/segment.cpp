// SPDX-License-Identifier: MIT
#include "store/segments/segment.hpp"

#include "store/moment.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace serve {
namespace {

constexpr std::string_view suffix = ".zst";
constexpr std::size_t day_size = 10, number_size = 16;

}  // namespace

std::string segment_name(std::int64_t arrival_ns, std::uint64_t number) {
    char digits[number_size + 1];
    std::snprintf(digits, sizeof digits, "%016llu", static_cast<unsigned long long>(number));
    return day_text(arrival_ns) + '-' + digits + std::string(suffix);
}
std::uint64_t number_of(std::string_view name) noexcept {
    if (name.size() != day_size + 1 + number_size + suffix.size() || !name.ends_with(suffix)) return 0;
    std::uint64_t number = 0;
    const char* const digits = name.data() + day_size + 1;
    return std::from_chars(digits, digits + number_size, number).ptr == digits + number_size ? number : 0;
}

std::optional<found_footer> footer_before(disk_file const& file, std::uint64_t at) {
    std::string bytes;
    if (at < footer_tail || file.read(at - footer_tail, footer_tail, bytes) != 0) return std::nullopt;
    const std::uint32_t wanted = footer_size(bytes);
    if (wanted == 0 || wanted > at || file.read(at - wanted, wanted, bytes) != 0) return std::nullopt;
    std::optional<found_footer> found = footer_at_end(bytes);
    if (found.has_value() && found->footer.packed_size + found->size > at) return std::nullopt;
    return found;
}

void index_frame(segment& of, std::uint64_t offset, frame_footer const& footer, std::size_t footer_size) {
    of.size = std::max(of.size, offset + footer.packed_size + footer_size);
    of.last_number = std::max(of.last_number, footer.last_number());
    for (frame_run const& run : footer.runs) of.newest_arrival_ns = std::max(of.newest_arrival_ns, run.arrival_ns);
    if (footer.seals) {
        of.is_sealed = true;
        of.seal_at = offset;
        of.seal_size = footer.packed_size + footer_size;
        of.traces_at = offset + footer.packed_size + footer.traces_at;
        of.traces = static_cast<std::uint32_t>(footer.traces.size());
        return;
    }
    stored_frame f;
    f.offset = offset;
    f.raw_size = footer.raw_size;
    f.packed_size = footer.packed_size;
    f.first_number = footer.first_number();
    f.last_number = footer.last_number();
    f.oldest_ns = footer.oldest_ns;
    f.newest_ns = footer.newest_ns;
    f.footer_size = static_cast<std::uint32_t>(footer_size);
    f.records = footer.records();
    f.failures = footer.failures;
    f.counts_at = footer.counts_at;
    f.traces_at = footer.traces_at;
    f.traces = static_cast<std::uint32_t>(footer.traces.size());
    f.words_at = footer.words_at;
    f.word_blocks = static_cast<std::uint32_t>(footer.words.size() / word_filter::block_size);
    f.is_old = footer.is_old;
    f.is_opaque = footer.is_opaque;
    f.has_timeless = footer.has_timeless;
    f.has_weights = footer.has_weights;
    constexpr std::size_t most_services = 16;
    for (frame_count const& count : footer.counts) {
        const auto level = static_cast<level_set>(1U << count.level);
        f.levels |= level;
        if (f.has_many_services || count.service >= footer.services.size()) continue;
        std::string const& name = footer.services[count.service];
        const auto known =
            std::find_if(f.services.begin(), f.services.end(), [&](auto const& s) { return s.first == name; });
        if (known != f.services.end())
            known->second |= level;
        else if (f.services.size() < most_services)
            f.services.emplace_back(name, level);
        else
            f.has_many_services = true;
    }
    if (f.has_many_services) f.services = {};
    of.frames.push_back(std::move(f));
}

}  // namespace serve
