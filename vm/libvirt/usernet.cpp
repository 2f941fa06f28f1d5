#include "vm/libvirt/usernet.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/strings.h"

namespace cove::vm::libvirt {
namespace {

// libvirt names the machine's first network backend so.
constexpr const char* kNetdev = "hostnet0";
constexpr std::size_t kMaxRules = 4096;

const char* protocol_name(Protocol protocol) {
  return protocol == Protocol::kTcp ? "tcp" : "udp";
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return out;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(" \t\r"), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace

std::string add_command(const ForwardRule& rule) {
  return fmt::format("hostfwd_add {} {}:{}:{}-:{}", kNetdev, protocol_name(rule.protocol),
                     rule.host_address, rule.host_port, rule.guest_port);
}

std::string remove_command(const ForwardRule& rule) {
  return fmt::format("hostfwd_remove {} {}:{}:{}", kNetdev, protocol_name(rule.protocol),
                     rule.host_address, rule.host_port);
}

Result<void> check_add_answer(const std::string& answer, const std::string& machine,
                              const ForwardRule& rule) {
  const std::string_view text = trim(answer);
  if (text.empty()) return {};
  Error error{ErrorCode::kUnavailable,
              fmt::format("forward port {} of {} to", rule.host_port, rule.host_address), machine,
              escape_control(text), ""};
  if (text.find("Could not set up") != std::string_view::npos ||
      text.find("could not set up") != std::string_view::npos) {
    error.code = ErrorCode::kConflict;
    error.cause = "the port cannot be opened; another program is probably using it";
    error.remedy = "Free the port or choose another.";
    if (rule.host_port < 1024) {
      error.cause = "the port cannot be opened; it is taken or reserved for the system";
      error.remedy = "Choose a port above 1023.";
    }
  }
  return error;
}

Result<void> check_remove_answer(const std::string& answer, const std::string& machine,
                                 const ForwardRule& rule) {
  const std::string_view text = trim(answer);
  if (text.empty() || text.ends_with("removed") ||
      text.find("not found") != std::string_view::npos) {
    return {};
  }
  return Error{ErrorCode::kUnavailable,
               fmt::format("stop forwarding port {} of {} to", rule.host_port, rule.host_address),
               machine, escape_control(text), ""};
}

std::vector<ForwardRule> parse_usernet(const std::string& answer) {
  std::vector<ForwardRule> rules;
  for (const std::string& line : split(answer, '\n')) {
    // TCP[HOST_FORWARD]  13       127.0.0.1  6443       10.0.2.15    80     0     0
    const std::vector<std::string_view> columns = words(line);
    if (columns.size() < 6 || rules.size() >= kMaxRules) continue;
    ForwardRule rule;
    if (columns[0] == "TCP[HOST_FORWARD]") {
      rule.protocol = Protocol::kTcp;
    } else if (columns[0] == "UDP[HOST_FORWARD]") {
      rule.protocol = Protocol::kUdp;
    } else {
      continue;
    }
    rule.host_address = columns[2] == "*" ? "0.0.0.0" : std::string(columns[2]);
    if (!parse_port(columns[3], rule.host_port) || !parse_port(columns[5], rule.guest_port)) {
      continue;
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

bool channel_is_taken(const std::string& info_chardev, const Path& socket) {
  for (const std::string& line : split(info_chardev, '\n')) {
    // charchannel0: filename=disconnected:unix:/run/x.sock,server=on
    // charchannel0: filename=unix:/run/x.sock,server=on
    const auto at = line.find("filename=");
    if (at == std::string::npos) continue;
    const std::string_view name = trim(std::string_view(line).substr(at + 9));
    if (name.starts_with("unix:" + socket.native() + ",")) return true;
  }
  return false;
}

}  // namespace cove::vm::libvirt
