// QEMU's monitor commands for user-mode port forwarding.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "vm/backend/backend.h"

namespace cove::vm::libvirt {

std::string add_command(const ForwardRule& rule);
std::string remove_command(const ForwardRule& rule);
inline constexpr const char* kListCommand = "info usernet";

// The monitor answers failures in words too, so the answer decides. kConflict when the host port is
// taken.
Result<void> check_add_answer(const std::string& answer, const std::string& machine,
                              const ForwardRule& rule);
Result<void> check_remove_answer(const std::string& answer, const std::string& machine,
                                 const ForwardRule& rule);
// The forwarding lines of "info usernet"; connections and lines it does not understand are skipped.
std::vector<ForwardRule> parse_usernet(const std::string& answer);

// Whether "info chardev" says that a program is on the socket of that channel.
bool channel_is_taken(const std::string& info_chardev, const Path& socket);
inline constexpr const char* kChardevCommand = "info chardev";

}  // namespace cove::vm::libvirt
