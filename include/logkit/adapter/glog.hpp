// SPDX-License-Identifier: MIT
#pragma once

// What is logged with glog (0.5 or newer), as records (docs/bridges.md). Stage: adapter, opt-in.
//
//   logkit::glog_sink sink;
//   google::AddLogSink(&sink);   // and RemoveLogSink(&sink), before it goes

#include <glog/logging.h>

#include <cstddef>

#include <logkit/adapter/relay.hpp>

namespace logkit {

// LOG(FATAL) is critical; the program still ends.
class glog_sink final : public google::LogSink {
  public:
    void send(google::LogSeverity severity, const char* path, const char*, int line, google::LogMessageTime const&,
              const char* text, std::size_t size) override {
        const level as = severity == google::GLOG_INFO      ? level::info
                         : severity == google::GLOG_WARNING ? level::warning
                         : severity == google::GLOG_ERROR   ? level::error
                                                            : level::critical;
        relay(logkit::log, as, {text, size}, {path, "", static_cast<std::uint32_t>(line)});
    }
};

}  // namespace logkit
