#include "vm/backend/validate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace cove::vm {
namespace {

constexpr std::size_t kMaxDevices = 16;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool only(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alnum(c) || also.find(c) != std::string_view::npos; });
}

bool is_name(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && is_alnum(text.front()) && only(text, "._-");
}

bool is_plain(std::string_view text, std::size_t longest) {
  return text.size() <= longest && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

bool is_path(const Path& path) {
  return path.is_absolute() && is_plain(path.native(), 4095);
}

bool matches(std::string_view text, std::string_view form) {
  return text.size() == form.size() &&
         std::equal(text.begin(), text.end(), form.begin(),
                    [](char c, char f) { return f == 'x' ? is_hex(c) : c == f; });
}

bool is_unicast_mac(std::string_view mac) {
  return matches(mac, "xx:xx:xx:xx:xx:xx") &&
         std::string_view("02468aceACE").find(mac[1]) != std::string_view::npos;
}

Error wrong(const std::string& subject, std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "describe the virtual machine", subject,
               std::move(cause), ""};
}

Result<void> validate_disks(const MachineSpec& spec) {
  if (spec.disks.size() > kMaxDevices) return wrong(spec.name, "it has more than 16 disks");
  std::set<std::string> serials;
  for (const DiskSpec& disk : spec.disks) {
    if (!is_path(disk.file)) return wrong(spec.name, "a disk's file is not an absolute path");
    if (disk.serial.empty() || disk.serial.size() > 20 || !only(disk.serial, "_-")) {
      return wrong(spec.name, "a disk's serial is not 1 to 20 letters, digits, '_' or '-'");
    }
    if (!serials.insert(disk.serial).second) {
      return wrong(spec.name, "two disks have the serial '" + disk.serial + "'");
    }
  }
  return {};
}

Result<void> validate_channels(const MachineSpec& spec) {
  if (spec.channels.size() > kMaxDevices) return wrong(spec.name, "it has more than 16 channels");
  std::set<std::string> names;
  for (const ChannelSpec& channel : spec.channels) {
    if (!is_name(channel.name, 64)) {
      return wrong(spec.name, "a channel's name is not 1 to 64 letters, digits, '.', '_' or '-'");
    }
    if (!names.insert(channel.name).second) {
      return wrong(spec.name, "two channels have the name '" + channel.name + "'");
    }
    if (!is_path(channel.socket) || channel.socket.native().size() > 100) {
      return wrong(spec.name, "the socket of channel '" + channel.name +
                                  "' is not an absolute path of at most 100 bytes");
    }
  }
  return {};
}

}  // namespace

Result<void> validate(const MachineSpec& spec) {
  if (!is_name(spec.name, 63)) {
    return wrong(
        "", "a name is 1 to 63 letters, digits, '.', '_' or '-' and begins with a letter or digit");
  }
  if (!matches(spec.uuid, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) {
    return wrong(spec.name, "its uuid is malformed");
  }
  if (!is_plain(spec.title, 256))
    return wrong(spec.name, "its title is too long or has control characters");
  if (spec.cpus < 1 || spec.cpus > 256) return wrong(spec.name, "it has not 1 to 256 processors");
  if (spec.memory_mib < 128 || spec.memory_mib > (16ULL << 20)) {
    return wrong(spec.name, "its memory is not between 128 MiB and 16 TiB");
  }
  if (!is_path(spec.kernel)) return wrong(spec.name, "its kernel is not an absolute path");
  if (!spec.initrd.empty() && !is_path(spec.initrd)) {
    return wrong(spec.name, "its initrd is not an absolute path");
  }
  if (!is_path(spec.console_log))
    return wrong(spec.name, "its console log is not an absolute path");
  if (!is_plain(spec.command_line, 2048)) {
    return wrong(spec.name, "its kernel command line is too long or has control characters");
  }
  if (!is_unicast_mac(spec.network.mac)) {
    return wrong(spec.name, "its hardware address is not of the form 52:54:00:xx:xx:xx");
  }
  COVE_CHECK(validate_disks(spec));
  return validate_channels(spec);
}

Result<void> validate(const ForwardRule& rule) {
  const auto refuse = [](std::string cause) {
    return Error{ErrorCode::kInvalidArgument, "forward a port", "", std::move(cause), ""};
  };
  if (rule.host_port == 0 || rule.guest_port == 0) return refuse("port 0 cannot be forwarded");
  in_addr parsed{};
  if (::inet_pton(AF_INET, rule.host_address.c_str(), &parsed) != 1) {
    return refuse("'" + rule.host_address + "' is not an IPv4 address");
  }
  return {};
}

Result<void> validate_snapshot_name(const std::string& name) {
  if (is_name(name, 63)) return {};
  return Error{
      ErrorCode::kInvalidArgument, "name the snapshot", "",
      "a name is 1 to 63 letters, digits, '.', '_' or '-' and begins with a letter or digit", ""};
}

}  // namespace cove::vm
