// SPDX-License-Identifier: MIT
#pragma once

// Servers of HTTP, as a client without any library sees them, and what they logged.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

namespace support {

// A connection to a port of this machine, closed with the object.
class tcp_link {
  public:
    explicit tcp_link(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(port));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    }
    tcp_link(tcp_link const&) = delete;
    tcp_link& operator=(tcp_link const&) = delete;
    ~tcp_link() { ::close(fd_); }

    void send(std::string const& bytes) const {
        REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    // What comes until there is `end` in it, the connection closes, or there are `most` bytes.
    [[nodiscard]] std::string receive(std::string const& end = {}, std::size_t most = SIZE_MAX) const {
        std::string said;
        char piece[4096];
        for (ssize_t n; said.size() < most && (n = ::recv(fd_, piece, sizeof piece, 0)) > 0;) {
            said.append(piece, static_cast<std::size_t>(n));
            if (!end.empty() && said.find(end) != std::string::npos) break;
        }
        return said;
    }

  private:
    int fd_;
};

// What the server says to these bytes, up to `most` bytes of it.
[[nodiscard]] inline std::string talk(int port, std::string const& bytes, std::size_t most = SIZE_MAX) {
    const tcp_link link(port);
    link.send(bytes);
    return link.receive({}, most);
}

// All END records of requests, once there are so many: the last is told when its answer is with the client already.
[[nodiscard]] inline std::vector<nlohmann::json> exchanges(logkit::testing::capture_logs const& logs,
                                                           std::size_t count) {
    std::vector<nlohmann::json> found;
    while (found.size() < count) {
        found.clear();
        for (auto const& record : logs.records("END")) found.push_back(nlohmann::json::parse(record.json));
    }
    return found;
}

}  // namespace support
