// SPDX-License-Identifier: MIT
#include <asio.hpp>

#include <logkit/adapter/asio.hpp>

namespace net = asio;

#include "asio_cases.hpp"
