// SPDX-License-Identifier: MIT
#pragma once

// A stored record as an answer shows it: a line of ours as it is; of another logger's line, the keys that the reader
// knows are renamed, and all else stays. Behind it what the server knows besides: the service of the key, the arrival.

#include "store/log_store.hpp"

#include <string>

namespace serve {

[[nodiscard]] std::string shaped(found_record const& record);

}  // namespace serve
