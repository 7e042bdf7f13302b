// SPDX-License-Identifier: MIT
// logkit::throw_trace
#ifdef LOGKIT_WITH_LIBDW
#include <logkit/adapter/libdw.hpp>
#endif
#include <logkit/adapter/throw_trace.hpp>
