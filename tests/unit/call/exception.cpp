// SPDX-License-Identifier: MIT
#include <logkit/call/exception.hpp>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

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
json exc_info(logkit::testing::capture_logs const& logs) {
    return json::parse(logs.last().json).at("exc_info");
}

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
        const json& middle = by_pointer.at("nested").at(0);
        CHECK(by_pointer.at("nested").size() == 1);
        CHECK(middle.at("type") == "std::runtime_error");
        CHECK(middle.at("nested").at(0).at("type") == "std::invalid_argument");
        CHECK(middle.at("nested").at(0).at("what") == "innermost");
        CHECK_FALSE(middle.at("nested").at(0).contains("nested"));
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

TEST_CASE("a std::system_error tells its code and category") {
    const logkit::testing::capture_logs logs;
    try {
        throw std::system_error(std::make_error_code(std::errc::timed_out), "while connecting");
    } catch (...) {
        lk::log.exception("caught");
    }
    const json info = exc_info(logs);
    CHECK(info.at("type") == "std::system_error");
    CHECK(info.at("code") == ETIMEDOUT);
    CHECK(info.at("category") == "generic");
}

namespace {
struct several_failed : std::runtime_error {
    using std::runtime_error::runtime_error;
    std::vector<std::exception_ptr> errors{};
};
}  // namespace

TEST_CASE("an aggregate's exceptions are told, each with what it holds itself") {
    logkit::add_cause_finder([](std::exception const& e) {
        const auto* several = dynamic_cast<several_failed const*>(&e);
        return several == nullptr ? std::vector<std::exception_ptr>{} : several->errors;
    });
    const logkit::testing::capture_logs logs;
    several_failed several("two of three failed");
    several.errors.push_back(std::make_exception_ptr(std::out_of_range("first")));
    try {
        throw_chain();
    } catch (...) {
        several.errors.push_back(std::current_exception());
    }
    several.errors.push_back(nullptr);
    lk::log.error("several", logkit::exc(several));
    const json nested = exc_info(logs).at("nested");
    REQUIRE(nested.size() == 2);
    CHECK(nested.at(0).at("what") == "first");
    CHECK(nested.at(1).at("nested").at(0).at("nested").at(0).at("what") == "innermost");
}

TEST_CASE("without an exception there is no exc_info, and nothing breaks") {
    const logkit::testing::capture_logs logs;
    CHECK(lk::log.exception("nothing is being handled"));
    CHECK_FALSE(logs.last().has("exc_info"));
    lk::log.error("null", logkit::exc(std::exception_ptr{}));
    CHECK_FALSE(logs.last().has("exc_info"));
}
