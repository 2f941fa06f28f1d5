#include "ui/bridge/autostart.h"

#include "core/base/strings.h"

namespace cove::ui {
namespace {

constexpr std::size_t kMaxEntryBytes = 64 * 1024;

// Two escapings one over the other: of an argument within quotes, and of a string of the entry.
std::string quoted(const std::string& argument) {
  std::string out = "\"";
  for (const char c : argument) {
    if (c == '%') {
      out += "%%";
    } else if (c == '\\') {
      out += "\\\\\\\\";
    } else if (c == '"' || c == '`' || c == '$') {
      out += std::string("\\\\") + c;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

std::string exec_line(const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& argument : command) {
    const bool plain = argument.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") ==
                       std::string::npos;
    line += (line.empty() ? "" : " ") + (plain && !argument.empty() ? argument : quoted(argument));
  }
  return line;
}

Autostart::Autostart(Path folder, std::vector<std::string> command)
    : file_(std::move(folder) / "cove-desktop.desktop"), command_(std::move(command)) {}

Result<bool> Autostart::enabled() const {
  const auto text = read_file(file_, kMaxEntryBytes);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) return false;
    return text.error();
  }
  bool on = true;
  for (const std::string& line : split(*text, '\n')) {
    const std::string_view entry = trim(line);
    if (entry == "Hidden=true" || entry == "X-GNOME-Autostart-enabled=false") on = false;
  }
  return on;
}

Result<void> Autostart::set(bool enabled) const {
  if (!enabled) {
    std::error_code failure;
    std::filesystem::remove(file_, failure);
    if (failure) return errno_error(failure.value(), "remove", file_.string());
    return {};
  }
  COVE_CHECK(make_directories(file_.parent_path(), 0755));
  return write_file_atomic(
      file_,
      "[Desktop Entry]\nType=Application\nName=Cove\nExec=" + exec_line(command_) +
          "\nTerminal=false\nX-GNOME-Autostart-enabled=true\n",
      0644);
}

}  // namespace cove::ui
