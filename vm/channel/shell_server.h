// The guest's end of vm/channel/shell.h: runs one command at a time for the host on its port.
//
// Flow is governed by credit: each side may have kWindow bytes of a stream under way, and the
// reader grants more as it passes bytes on. So neither side ever stops reading the line, and
// neither holds more than a window a stream.
#pragma once

#include <stop_token>

#include "core/base/fd.h"
#include "core/base/result.h"
#include "vm/channel/command.h"

namespace cove::channel {

inline constexpr std::uint32_t kWindow = 256 * 1024;
inline constexpr std::size_t kChunk = 16 * 1024;

enum class Stream : std::uint8_t { kInput = 0, kOutput = 1, kError = 2 };

// Serves until `stop` is requested. A host that goes away, says bye or opens another session ends
// the command: it and all it started are killed. Blocking; a thread for each port.
Result<void> serve_shell(Fd port, CommandHost& host, std::stop_token stop);

}  // namespace cove::channel
