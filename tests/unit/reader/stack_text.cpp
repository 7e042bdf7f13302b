// SPDX-License-Identifier: MIT
#include <logkit/reader/stack_text.hpp>

#include <support/catch.hpp>

#include <random>

namespace {

using logkit::detail::exception_story;
using logkit::detail::stack_text_reader;

// "type|what|frame|frame", and each cause in parentheses behind it.
std::string told(exception_story const& story) {
    std::string text = story.type + '|' + story.what;
    for (std::string const& frame : story.stack) text += '|' + frame;
    for (exception_story const& cause : story.nested) text += " <- (" + told(cause) + ')';
    return text;
}
std::string told(std::string_view text) {
    const auto story = stack_text_reader::read(text);
    return story ? told(*story) : "nothing";
}

TEST_CASE("Python's tracebacks") {
    CHECK(told("Traceback (most recent call last):\n  File \"/app/main.py\", line 9, in <module>\n    run()\n"
               "  File \"jobs.py\", line 8, in run\n    go(d['id'])\n       ~^^^^^^\nKeyError: 'id'") ==
          "KeyError|'id'|run (jobs.py:8)|<module> (main.py:9)");
    CHECK(
        told(
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nOSError: disk\n\nThe above exception "
            "was "
            "the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"b.py\", line "
            "2, in g\nshop.errors.Lost: order 7\n") ==
        "shop.errors.Lost|order 7|g (b.py:2) <- (OSError|disk|f (a.py:1))");
    CHECK(told("failed\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyboardInterrupt") ==
          "KeyboardInterrupt||f (a.py:1)");
}

TEST_CASE("Python's groups of exceptions") {
    CHECK(told("  + Exception Group Traceback (most recent call last):\n  |   File \"x.py\", line 1, in f\n  |     "
               "go()\n  | "
               "ExceptionGroup: two failed (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | "
               "Traceback (most "
               "recent call last):\n    |   File \"x.py\", line 2, in g\n    | ValueError: bad\n    "
               "+------------------------------------") ==
          "ExceptionGroup|two failed (2 sub-exceptions)|f (x.py:1) <- (ValueError|bad|g (x.py:2))");
}

TEST_CASE("Java's stacks") {
    CHECK(told("java.lang.IllegalStateException: no card\n\tat shop.Cart.pay(Cart.java:41)\n\tat "
               "shop.Main.main(Main.java:9)\nCaused by: java.io.IOException: refused\n\tat "
               "shop.Net.dial(Net.java:3)\n\t... 2 "
               "more\n") ==
          "java.lang.IllegalStateException|no card|shop.Cart.pay (Cart.java:41)|shop.Main.main (Main.java:9) <- "
          "(java.io.IOException|refused|shop.Net.dial (Net.java:3))");
    CHECK(told("Exception in thread \"main\" java.lang.NullPointerException\n\tat a.B.c(B.java:1)") ==
          "java.lang.NullPointerException||a.B.c (B.java:1)");
    CHECK(told("java.io.IOException: disk\n\tat com.acme.Z.q(Z.java:9) ~[app.jar!/:1.0]\n\tat a.B.c(B.java:1) "
               "[b.jar:2]") == "java.io.IOException|disk|com.acme.Z.q (Z.java:9)|a.B.c (B.java:1)");
}

TEST_CASE(".NET's stacks, whose causes stand inside") {
    CHECK(told("System.IO.IOException: disk full\n   at Shop.Store.Save() in /src/Store.cs:line 21") ==
          "System.IO.IOException|disk full|Shop.Store.Save() (Store.cs:21)");
    CHECK(told("Shop.Lost: order\r\n ---> System.TimeoutException: late\r\n   at Shop.Net.Get(String url)\r\n   --- "
               "End of "
               "inner exception stack trace ---\r\n   at Shop.Main.Run()") ==
          "Shop.Lost|order|Shop.Main.Run() () <- (System.TimeoutException|late|Shop.Net.Get(String url) ())");
}

TEST_CASE("Node's stacks") {
    CHECK(told("TypeError: x is undefined\n    at pay (/src/app.js:3:1)\n    at async Server.run "
               "(file:///src/srv.js:9:2)\n    at /src/app.js:7:7") ==
          "TypeError|x is undefined|pay (app.js:3:1)|Server.run (srv.js:9:2)|(app.js:7:7)");
    CHECK(told("/src/app.js:3\n    throw new Error('boom')\n    ^\n\nError: boom\n    at go (/src/app.js:3:11)\n    at "
               "node:internal/main:1:1 {\n  [cause]: Error: why\n      at h (/src/b.js:1:1)\n}") ==
          "Error|boom|go (app.js:3:11)|(node:internal/main:1:1) <- (Error|why|h (b.js:1:1))");
    CHECK(told("Error [ERR_X]: bad\n    at f (a.js:1:1)") == "Error|bad|f (a.js:1:1)");
}

TEST_CASE("Go's panics and stacks") {
    CHECK(
        told("panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.pack(0xc000, "
             "0x1)\n\t/src/pack.go:8 +0x1d\nmain.main()\n\t/src/main.go:5 +0x1\n\ngoroutine 7 "
             "[select]:\nother.f()\n\t/src/o.go:1 +0x1\nexit status 2") ==
        "panic|runtime error: index out of range [3] with length 3|main.pack (pack.go:8)|main.main (main.go:5)");
    CHECK(stack_text_reader::read_frames("main.pay\n\t/src/pay.go:41\nmain.(*Shop).Run\n\t/src/main.go:9") ==
          std::vector<std::string>{"main.pay (pay.go:41)", "main.(*Shop).Run (main.go:9)"});
    CHECK(told("fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan "
               "receive]:\nmain.main()\n\t/a.go:3") ==
          "fatal error|all goroutines are asleep - deadlock!|main.main (a.go:3)");
}

TEST_CASE("a panic that Go's server survives") {
    CHECK(told("2026/02/03 09:10:11 http: panic serving 127.0.0.1:5000: boom\ngoroutine 7 "
               "[running]:\nmain.h()\n\t/src/h.go:3") == "panic|boom|main.h (h.go:3)");
}

TEST_CASE("Rust's panics, with a backtrace and without") {
    CHECK(told("thread 'main' panicked at src/main.rs:4:5:\nno order 7\nnote: run with `RUST_BACKTRACE=1`") ==
          "panic|no order 7|main.rs:4:5");
    CHECK(told("thread 'main' panicked at 'no order', src/main.rs:4:5\nnote: run with") ==
          "panic|no order|main.rs:4:5");
    CHECK(told("thread 'w' panicked at src/a.rs:1:2:\nx\nstack backtrace:\n   0: rust_begin_unwind\n             at "
               "/rustc/1/library/std/src/panicking.rs:1:2\n   1: shop::pay\n             at ./src/a.rs:1:2\n") ==
          "panic|x|rust_begin_unwind (panicking.rs:1:2)|shop::pay (a.rs:1:2)");
}

TEST_CASE("sanitizers' reports") {
    CHECK(
        told("=====\n==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x5\nREAD of size 1\n   "
             " #0 "
             "0x55 in pay() /src/pay.cpp:8:3\n    #1 0x56 in main /src/main.cpp:3\n\n0x602 is located\n    #0 0x57 in "
             "free (/lib/x)") == "AddressSanitizer|heap-use-after-free|pay() (pay.cpp:8:3)|main (main.cpp:3)");
    CHECK(told("/src/x.cpp:3:5: runtime error: signed integer overflow") ==
          "UndefinedBehaviorSanitizer|signed integer overflow|(x.cpp:3:5)");
    CHECK(told("WARNING: ThreadSanitizer: data race (pid=7)\n  Write of size 4\n    #0 f /src/f.cpp:1 (a+0x1)") ==
          "ThreadSanitizer|data race|f (f.cpp:1)");
}

TEST_CASE("what a C++ program says when it ends") {
    CHECK(told("terminate called after throwing an instance of 'std::runtime_error'\n  what():  no order 7") ==
          "std::runtime_error|no order 7");
    CHECK(told("libc++abi: terminating due to uncaught exception of type std::runtime_error: no order") ==
          "std::runtime_error|no order");
    CHECK(told("shop: shop.cpp:12: int main(): Assertion `n > 0' failed.") ==
          "assertion failed|n > 0|int main() (shop.cpp:12)");
}

TEST_CASE("Ruby and PHP") {
    CHECK(told("app.rb:3:in 'Shop#pay': no card (ArgumentError)\n\tfrom app.rb:9:in '<main>'") ==
          "ArgumentError|no card|Shop#pay (app.rb:3)|<main> (app.rb:9)");
    CHECK(
        told(
            "[object] (RuntimeException(code: 0): disk full at /src/Store.php:21)\n[stacktrace]\n#0 /src/Shop.php(12): "
            "Shop->save()\n#1 {main}") == "RuntimeException|disk full|(Store.php:21)|Shop->save (Shop.php:12)");
    CHECK(
        told(
            "PHP Fatal error:  Uncaught RuntimeException: no in /src/x.php:3\nStack trace:\n#0 /src/x.php(9): pay()") ==
        "RuntimeException|no|pay (x.php:9)");
}

TEST_CASE("texts that are no stacks give nothing, and no text does harm") {
    for (const char* text : {"", "disk full", "we are at work (today)", "a: b", "caused by: nothing", "Traceback", "at",
                             "at ", "look at this: 5"})
        CHECK(told(text) == "nothing");
    const std::string pieces[] = {"Traceback (most recent call last):",
                                  "  File \"",
                                  "\", line ",
                                  ", in ",
                                  "\n",
                                  "    at ",
                                  "(",
                                  ")",
                                  ":line ",
                                  " in ",
                                  "Caused by: ",
                                  " ---> ",
                                  "--- End of inner exception",
                                  "panic: ",
                                  "goroutine 1",
                                  "\t/a.go:1",
                                  " panicked at ",
                                  "'",
                                  "', ",
                                  "[object] (",
                                  "(code: ",
                                  "): ",
                                  " at ",
                                  "PHP ",
                                  "Uncaught ",
                                  "#0 ",
                                  "Sanitizer: ",
                                  ": runtime error: ",
                                  "from ",
                                  ":1:in '",
                                  "[cause]: ",
                                  "x",
                                  ":"};
    std::mt19937 dice(7);
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto n = dice() % 25; n != 0; --n) text += pieces[dice() % std::size(pieces)];
        (void)stack_text_reader::read(text);
        (void)stack_text_reader::read_frames(text);
    }
}

}  // namespace
