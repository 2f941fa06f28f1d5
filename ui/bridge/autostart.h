// Autostart: whether the session starts Cove at login, by the XDG Autostart Specification.
#pragma once

#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::ui {

// Calls may block; thread-safe as long as one is under way at a time.
class Autostart {
 public:
  // `folder` is $XDG_CONFIG_HOME/autostart; `command` the program by its whole path, with its
  // arguments.
  Autostart(Path folder, std::vector<std::string> command);

  // An entry that another program switched off (Hidden, X-GNOME-Autostart-enabled) is none.
  Result<bool> enabled() const;
  // Writes the entry whole or not at all, or removes it.
  Result<void> set(bool enabled) const;

 private:
  const Path file_;
  const std::vector<std::string> command_;
};

// A command as the Exec key of a desktop entry has it.
std::string exec_line(const std::vector<std::string>& command);

}  // namespace cove::ui
