// SPDX-License-Identifier: MIT
// The engine of LOGKIT_SPLIT: the one translation unit of logkit::logkit.
#include <logkit/engine.hpp>
