// SPDX-License-Identifier: MIT
#pragma once

// run.log.rejected: the records that nobody would take, so that they count as passed and are not lost in silence.
// Stage: ship. Lines {"at","status","answer","position","record"}: a record that is a JSON object as one, with its
// secret keys masked, anything else as text.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/descriptor.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/base/standard_error.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/redact/redactor.hpp>
#include <logkit/render/json_document.hpp>

namespace logkit::detail {

struct rejected_record {
    std::string at{};  // RFC 3339
    long status = 0;   // 0: nobody was asked
    std::string answer{};
    std::uint64_t position = 0;
    std::string_view record{};
};

[[nodiscard]] inline std::string line_of(rejected_record const& rejected, redactor* hidden) {
    text_buffer out;
    out.append(R"({"at":)");
    append_json_string(out, rejected.at);
    out.append(R"(,"status":)" + std::to_string(rejected.status) + R"(,"answer":)");
    append_json_string(out, rejected.answer);
    out.append(R"(,"position":)" + std::to_string(rejected.position) + R"(,"record":)");
    std::string_view record = without_line_ends(rejected.record);
    std::string masked;
    if (hidden != nullptr && hidden->mask_line(masked, record)) record = masked;
    std::string document;
    if (record.starts_with('{') && json_document(document, record, {}, nullptr).copy())
        out.append(document);
    else
        append_json_string(out, record);
    out.append("}\n");
    return std::string(out.view());
}

// Beside the log; 0600. False: errno tells why.
[[nodiscard]] inline bool keep_rejected(std::string const& log, std::string_view line) {
    const write_signals_blocked blocked;
    const descriptor file =
        open_file((log + ".rejected").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (!file.is_open()) return false;
    const ssize_t n = ::write(file.get(), line.data(), line.size());
    if (n >= 0 && static_cast<std::size_t>(n) < line.size()) errno = ENOSPC;
    return n == static_cast<ssize_t>(line.size()) && (::fdatasync(file.get()) == 0 || errno == EINVAL);
}

}  // namespace logkit::detail
