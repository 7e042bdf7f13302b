// SPDX-License-Identifier: MIT
#include <logkit/call/exception.hpp>

#include <stdexcept>
#include <string>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;
using nlohmann::json;

namespace shop {
struct out_of_stock : std::runtime_error {
    using std::runtime_error::runtime_error;
};
}  // namespace shop

namespace {
json exc_info(logkit::testing::capture_logs const& logs) { return json::parse(logs.last().json).at("exc_info"); }

[[noreturn]] void throw_chain() {
    try {
        try {
            throw std::invalid_argument("innermost");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("middle"));
        }
    } catch (...) {
        std::throw_with_nested(shop::out_of_stock("outermost"));
    }
}
}  // namespace

TEST_CASE("log.exception tells type, text and stack of the exception being handled") {
    const logkit::testing::capture_logs logs;
    try {
        throw shop::out_of_stock("no more tea");
    } catch (...) {
        CHECK(lk::log.exception("order failed", kv("item", "tea")));
    }
    const json info = exc_info(logs);
    CHECK(info.at("type") == "shop::out_of_stock");
    CHECK(info.at("what") == "no more tea");
    CHECK(info.at("stack").size() > 0);
    CHECK(logs.last().severity == logkit::level::error);
    CHECK(logs.last()["item"] == "tea");
}

TEST_CASE("the chain of nested exceptions is told from outside in") {
    const logkit::testing::capture_logs logs;
    try {
        throw_chain();
    } catch (std::exception const& e) {
        lk::log.error("by reference", logkit::exc(e));
        const json by_reference = exc_info(logs);
        lk::log.critical("by pointer", logkit::exc(std::current_exception()));
        const json by_pointer = exc_info(logs);
        CHECK(by_pointer.at("type") == "shop::out_of_stock");
        CHECK(by_pointer.at("nested").at("type") == "std::runtime_error");
        CHECK(by_pointer.at("nested").at("nested").at("type") == "std::invalid_argument");
        CHECK(by_pointer.at("nested").at("nested").at("what") == "innermost");
        CHECK_FALSE(by_pointer.at("nested").at("nested").contains("nested"));
        CHECK(by_reference.at("type") == by_pointer.at("type"));
        CHECK(by_reference.at("nested") == by_pointer.at("nested"));
    }
}

TEST_CASE("what is thrown need not be a std::exception") {
    const logkit::testing::capture_logs logs;
    const auto told = [&](auto thrown) {
        try {
            throw thrown;
        } catch (...) {
            lk::log.exception("caught");
        }
        return exc_info(logs);
    };
    CHECK(told(42).at("type") == "int");
    CHECK(told(42).at("what") == "42");
    CHECK(told(std::string("text")).at("what") == "text");
    CHECK(told(static_cast<const char*>("chars")).at("what") == "chars");
    CHECK(told('x').at("type") == "char");
}

TEST_CASE("without an exception there is no exc_info, and nothing breaks") {
    const logkit::testing::capture_logs logs;
    CHECK(lk::log.exception("nothing is being handled"));
    CHECK_FALSE(logs.last().has("exc_info"));
    lk::log.error("null", logkit::exc(std::exception_ptr{}));
    CHECK_FALSE(logs.last().has("exc_info"));
}
