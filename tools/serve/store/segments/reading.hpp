// SPDX-License-Identifier: MIT
#pragma once

// The store in a server's data folder, to be read by somebody else, also while the server writes to it.

#include "store/segments/segment_store.hpp"

#include <functional>
#include <memory>
#include <string>

namespace serve {

// Is that such a folder?
[[nodiscard]] bool is_data_folder(std::string const& path);
// As of now: what is stored later is not there. Throws std::runtime_error where it cannot be read.
[[nodiscard]] std::unique_ptr<segment_store> open_to_read(std::string const& data,
                                                          std::function<void(std::string const&)> const& say);
// Does a server have the folder?
[[nodiscard]] bool is_served(std::string const& data);

}  // namespace serve
