// SPDX-License-Identifier: MIT
// A program that is told to ship and has not linked logkit::ship.
#include <logkit.hpp>

int main() {
    (void)logkit::log.info("e");
}
