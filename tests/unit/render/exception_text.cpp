// SPDX-License-Identifier: MIT
#include <logkit/render/exception_text.hpp>

#include <random>
#include <stdexcept>
#include <string>
#include <system_error>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("a described exception reads back") {
    const exception_story story = exception_reader(describe_exception(std::runtime_error("why"))).read();
    CHECK(story.nested.empty());
    CHECK(story.type == "std::runtime_error");
    CHECK(story.what == "why");
    CHECK_FALSE(story.stack.empty());
}

TEST_CASE("damaged bytes are read as far as they go, and rendered as valid JSON") {
    std::mt19937 random(5);
    std::string whole;
    try {
        try {
            throw std::system_error(1, std::generic_category(), "text \xff");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("outer"));
        }
    } catch (std::exception const& e) {
        whole = describe_exception(e);
    }
    for (int i = 0; i < 3000; ++i) {
        std::string bytes = whole.substr(0, random() % (whole.size() + 1));
        if (!bytes.empty() && i % 2 == 0) bytes[random() % bytes.size()] = static_cast<char>(random());
        REQUIRE(nlohmann::json::accept(exception_json(bytes)));
    }
}

TEST_CASE("an exception that nests itself without end is cut") {
    struct loop : std::exception, std::nested_exception {};
    std::exception_ptr error = std::make_exception_ptr(std::runtime_error("seed"));
    for (int i = 0; i < 100; ++i) {
        try {
            std::rethrow_exception(error);
        } catch (...) {
            try {
                std::throw_with_nested(std::runtime_error(std::to_string(i)));
            } catch (...) {
                error = std::current_exception();
            }
        }
    }
    std::size_t depth = 0;
    const exception_story story = exception_reader(describe_exception(error)).read();
    for (const exception_story* at = &story; at != nullptr; at = at->nested.empty() ? nullptr : &at->nested[0]) ++depth;
    CHECK(depth == exception_writer::most_exceptions);
}
