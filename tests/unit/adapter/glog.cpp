// SPDX-License-Identifier: MIT
#include <logkit/adapter/glog.hpp>

#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;

TEST_CASE("what is logged with glog is a record here: level, text, source, context") {
    const logkit::testing::capture_logs logs;
    FLAGS_logtostderr = true;
    FLAGS_stderrthreshold = google::GLOG_FATAL;
    logkit::new_context(kv("request", 4));
    logkit::glog_sink sink;
    google::AddLogSink(&sink);
    LOG(WARNING) << "disk " << 93 << '%';
    const int line = __LINE__ - 1;
    LOG(ERROR) << "lost";
    google::RemoveLogSink(&sink);
    LOG(ERROR) << "not here";
    const auto told = logs.records();
    REQUIRE(told.size() == 2);
    CHECK(told[0].event == "disk 93%");
    CHECK(told[0].severity == logkit::level::warning);
    CHECK(told[0].source == "glog.cpp:" + std::to_string(line));
    CHECK(told[0]["request"] == 4);
    CHECK(told[1].severity == logkit::level::error);
}
