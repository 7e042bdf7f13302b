// SPDX-License-Identifier: MIT
#pragma once

// Catch2, 2.13 or 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
