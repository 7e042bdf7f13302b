// SPDX-License-Identifier: MIT
#pragma once

// logkit: structured logging. One include, three rules (README.md):
//   1. log with logkit::log
//   2. call new_context() once per unit of work
//   3. wrap work in capture

// First what looks at a call's arguments, so that the compiler's words about them come after few lines of includes.
#include <logkit/call/key.hpp>

#include <logkit/call/field.hpp>
#include <logkit/call/message.hpp>
#include <logkit/context/capture.hpp>

#include <logkit/base/level.hpp>
#include <logkit/base/version.hpp>
#include <logkit/call/exception.hpp>
#include <logkit/call/logger.hpp>
#include <logkit/call/nested.hpp>
#include <logkit/context/captured.hpp>
#include <logkit/context/context.hpp>
#include <logkit/context/coroutine.hpp>
#include <logkit/context/scope.hpp>
#include <logkit/context/traced.hpp>
#include <logkit/context/traceparent.hpp>
#include <logkit/control/control.hpp>
#include <logkit/control/settings.hpp>
#include <logkit/control/stats.hpp>
#include <logkit/pipe/submit.hpp>
#include <logkit/process/record.hpp>
#include <logkit/sink/sink.hpp>

#ifndef LOGKIT_SPLIT
#if defined(__cpp_exceptions) && defined(__cpp_rtti)
#include <logkit/engine.hpp>
#else
#error logkit: the engine needs exceptions and RTTI; compile it once with them (link logkit::logkit, or define LOGKIT_SPLIT)
#endif
#endif
