// SPDX-License-Identifier: MIT
#pragma once

// What a person does to a store: look whether it is whole, mend it, copy it, fill it. All throw settings_error where
// what was named is not there, and std::runtime_error where it cannot be done.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace serve {

using tell_function = std::function<void(std::string const&)>;

// Reads all of the store; at how many places it is damaged.
[[nodiscard]] std::uint64_t verify_store(std::string const& data, tell_function const& tell);

// Leaves out what is damaged, after it has put it aside. Only while no server has the folder.
void repair_store(std::string const& data, tell_function const& tell);

// A data folder of its own, complete as of some moment of the copying; also while the server runs. Sealed segments are
// linked where that is possible: they never change.
void back_up(std::string const& data, std::string const& to, tell_function const& tell);

// Stores the lines of these logs, also packed ones, as if they had been sent now, with their own times. What was
// imported before is not stored again. `service`: that of lines which name none. Only while no server has the folder.
void import_logs(std::string const& data, std::vector<std::string> const& logs, std::string const& service,
                 tell_function const& tell);

}  // namespace serve
