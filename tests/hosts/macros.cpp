// SPDX-License-Identifier: MIT
// What other people's headers define before ours is included: Qt, X11, Windows, AssertMacros.h and their like.
#define emit
#define signals public
#define slots
#define foreach(a, b) for (a : b)
#define forever for (;;)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define check(x) ((x) ? 1 : 0)
#define verify(x) ((x) ? 1 : 0)
#define require(x) ((x) ? 1 : 0)
#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define Always 2
#define Success 0
#define Above 0
#define Below 1
#define Complex 0
#define Unsorted 0
#define Convex 2
#define CursorShape 0
#define GrayScale 1
#define KeyPress 2
#define FocusIn 9
#define Expose 12
#define near
#define far
#define small char
#define interface struct
#define IN
#define OUT
#define OPTIONAL
#define ERROR 0
#define DEBUG 1
#define INFO 2
#define TRACE 3
#define WARNING 4
#define CRITICAL 5
#define DELETE 0x00010000L
#define CONST const
#define VOID void
#define BOOL int
#define STRICT 1
#define NO_ERROR 0L
#define GetObject GetObjectA
#define SendMessage SendMessageA
#define GetCurrentTime() GetTickCount()
#define Yield()
#define assert(x) ((void)0)
#define log_info printf
#define LOG_LEVEL 3
#define LOG_INFO 6
#define LOG_DEBUG 7
#define BIT(x) (1 << (x))
#define unix 1
#define linux 1
#define major(x) (x)
#define minor(x) (x)

#include <logkit.hpp>

int main() {
    logkit::new_context(logkit::kv("user", "ada"));
    const logkit::capture work{"work"};
    return logkit::log.info("hello {}", 1, logkit::kv("n", 1)) ? 0 : 1;
}
