// SPDX-License-Identifier: MIT
// A second translation unit: the engine must be there once, whoever includes the header.
#include <logkit.hpp>

bool second_unit() {
    return logkit::log.info("second");
}
