// SPDX-License-Identifier: MIT
// logkit::ship
#include <logkit/ship/process_ship.hpp>
