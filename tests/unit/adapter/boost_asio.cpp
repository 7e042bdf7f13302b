// SPDX-License-Identifier: MIT
#include <utility>  // Boost 1.74 forgets it

#include <boost/asio.hpp>

#include <logkit/adapter/boost_asio.hpp>

namespace net = boost::asio;

#include "asio_cases.hpp"
