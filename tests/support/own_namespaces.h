// Containers run as root in namespaces of a test program's own: it starts itself in them once more.
#pragma once

#include <optional>

namespace cove::test {

// The exit code that the program ends with, or nothing in the namespaces, where its tests run: as
// root, with the loopback device up and one hierarchy of control groups.
std::optional<int> enter_namespaces(int argc, char** argv);

}  // namespace cove::test
