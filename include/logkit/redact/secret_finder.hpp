// SPDX-License-Identifier: MIT
#pragma once

// A rule of redaction of the program's own. Stage: redact.

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace logkit {

// Says where the first secret at `from` or behind it begins and ends in the text; empty where there is none. Called on
// the backend's thread, once and again for each text of each record. One that throws has the rest of the text masked.
using secret_finder =
    std::function<std::optional<std::pair<std::size_t, std::size_t>>(std::string_view text, std::size_t from)>;

}  // namespace logkit
