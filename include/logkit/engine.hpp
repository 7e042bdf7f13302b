// SPDX-License-Identifier: MIT
#pragma once

// The upper floor: everything behind the door (docs/design.md). A program built with LOGKIT_SPLIT includes
// this in exactly one translation unit, or links logkit::engine, which is that unit.

#include <logkit/control/control_engine.hpp>
#include <logkit/control/door.hpp>
#include <logkit/control/engine.hpp>
#include <logkit/control/masking.hpp>
#include <logkit/control/trace_context.hpp>
#include <logkit/process/event_text.hpp>
#include <logkit/render/exception_text.hpp>
#include <logkit/render/json_document.hpp>
#include <logkit/render/json_values.hpp>
#include <logkit/render/timestamp.hpp>
