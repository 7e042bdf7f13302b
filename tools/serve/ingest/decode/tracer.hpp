// SPDX-License-Identifier: MIT
#pragma once

// The body of POST /logs → a batch: one entry, or {"logs":[…]}. All or nothing.

#include "store/log_store.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace serve {

struct decoded_entries {
    batch made;
    std::vector<refused_line> invalid;  // by index; the first 100
    std::string error;                  // of the body as a whole
    bool is_too_many = false, is_of_other_service = false;
};

// `service`: of the key, "" for any.
[[nodiscard]] decoded_entries decode_entries(std::string body, std::string const& service, std::int64_t arrival_ns);

}  // namespace serve
