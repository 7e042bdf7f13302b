// SPDX-License-Identifier: MIT
#pragma once

// The narrow door between the two floors (docs/design.md): the call side declares a few plain functions,
// the engine defines them. Header-only they are inline; with LOGKIT_SPLIT they live in the one translation
// unit that includes <logkit/engine.hpp>. Base.

#ifdef LOGKIT_SPLIT
#define LOGKIT_DOOR
#else
#define LOGKIT_DOOR inline
#endif
