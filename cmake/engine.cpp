// SPDX-License-Identifier: MIT
// The engine of LOGKIT_SPLIT: the one translation unit behind logkit::engine.
#include <logkit/engine.hpp>
