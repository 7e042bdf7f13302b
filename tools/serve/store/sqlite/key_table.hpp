// SPDX-License-Identifier: MIT
#pragma once

// Keys in SQLite: catalog.sqlite in the data folder. Several processes may have it open.

#include "access/key_store.hpp"

#include <functional>
#include <memory>
#include <string>

namespace serve {

// Throws std::runtime_error, which names the file, where it cannot be opened. A file that is damaged beyond reading is
// put aside under another name, and said; nobody comes in without a key then, if ever an admin key was made.
[[nodiscard]] std::unique_ptr<key_store> open_key_table(std::string const& folder,
                                                        std::function<void(std::string const&)> const& say);

// A copy of it as of now in another data folder, where there is none. Throws std::runtime_error.
void copy_key_table(std::string const& from, std::string const& to);

}  // namespace serve
