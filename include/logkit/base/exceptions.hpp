// SPDX-License-Identifier: MIT
#pragma once

// try and catch for the call side, which must also compile with -fno-exceptions: there nothing is ever caught, for
// nothing is thrown. (The engine needs exceptions; with LOGKIT_SPLIT it is compiled with them, once.) Base.

#ifdef __cpp_exceptions
#define LOGKIT_TRY try
#define LOGKIT_CATCH_ALL catch (...)
#define LOGKIT_RETHROW throw
#else
#define LOGKIT_TRY if constexpr (true)
#define LOGKIT_CATCH_ALL else
#define LOGKIT_RETHROW static_cast<void>(0)
#endif
