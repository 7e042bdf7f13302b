// SPDX-License-Identifier: MIT
#pragma once

// The steps of the journal's protocol, by name, so that a test can die at each of them (tests/faults).
// Nothing in any other build. Base.

#include <cstdint>

namespace logkit::detail {

enum class step : std::uint8_t {
    reserve,       // a place in the ring is taken
    payload,       // the frame is there, unpublished
    publish,       // the frame is published
    note_state,    // a state's bytes are there, its position is void
    note_reading,  // a ring's read intent stands, the batch's place does not
    note_place,    // the batch's place is noted, nothing is written
    write,         // the batch is written, no ring has been advanced
    advance,       // some rings have been advanced
    rotate,        // the log has been moved away, the backups have not moved up
    renamed,       // the log has its new name, there is no new one
    settle,        // recovery: the last batch has been judged, nothing of that is noted
    replay,        // recovery: the journal has been read
    close_spans,   // recovery: all records are written
    remove,        // recovery: the last batch is written, the journal is still there
};
inline constexpr const char* step_names[] = {"reserve",    "payload", "publish",     "note_state", "note_reading",
                                             "note_place", "write",   "advance",     "rotate",     "renamed",
                                             "settle",     "replay",  "close_spans", "remove"};

#ifdef LOGKIT_FAILPOINTS
void reached(step now) noexcept;  // the test's
#else
constexpr void reached(step) noexcept {}
#endif

}  // namespace logkit::detail
