// SPDX-License-Identifier: MIT
#pragma once

// What a server stores, as a log: of its data folder, or of the server itself. It is read page by page, in the order of
// time, and without what the filter does not want.

#include <logkit/reader.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tool {

// Which records are read; the others may be read, too.
struct wanted_records {
    logkit::query query;
    std::string filter;  // the same, but for its time, as a text
    std::optional<std::int64_t> since_ns{}, until_ns{};
};

[[nodiscard]] bool is_data_folder(std::string const& path);
// Both throw logkit::log_file_error, also while they are read.
[[nodiscard]] logkit::log_file log_of_folder(std::string const& path, wanted_records wanted);
// `url`: http(s)://host:port. LOGKIT_API_KEY in the environment is sent as the key.
[[nodiscard]] logkit::log_file log_of_server(std::string const& url, wanted_records const& wanted);

}  // namespace tool
