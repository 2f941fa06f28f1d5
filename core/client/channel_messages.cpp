#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <charconv>

#include "core/api/document.h"
#include "core/client/channel.h"
#include "core/client/wire.h"

namespace cove::client {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxStatus = 64 * 1024;

std::string pod_path(std::string_view namespace_name, std::string_view pod,
                     std::string_view subresource) {
  return fmt::format("/api/v1/namespaces/{}/pods/{}/{}", encode_segment(namespace_name),
                     encode_segment(pod), subresource);
}

std::optional<int> exit_code_of(const json::object& status) {
  const json::array* const causes = api::array_at(status, {"details", "causes"});
  if (causes == nullptr) return std::nullopt;
  for (const json::value& each : *causes) {
    const json::object* const cause = each.if_object();
    if (cause == nullptr || api::text_at(*cause, {"reason"}) != "ExitCode") continue;
    const std::string_view text = api::text_at(*cause, {"message"});
    int code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error == std::errc() && end == text.data() + text.size()) return code;
  }
  return std::nullopt;
}

}  // namespace

ChannelRequest exec_request(const ExecRequest& request) {
  ChannelRequest channels;
  channels.path = pod_path(request.namespace_name, request.pod, "exec");
  channels.protocols = {"v5.channel.k8s.io", "v4.channel.k8s.io"};
  for (const std::string& word : request.command) channels.query.emplace_back("command", word);
  if (!request.container.empty()) channels.query.emplace_back("container", request.container);
  const auto flag = [&](const char* name, bool set) {
    if (set) channels.query.emplace_back(name, "true");
  };
  flag("stdin", request.in);
  flag("stdout", true);
  flag("stderr", !request.terminal);
  flag("tty", request.terminal);
  return channels;
}

std::string resize_message(int columns, int rows) {
  return fmt::format(R"({{"Width":{},"Height":{}}})", columns, rows);
}

ExecStatus read_exec_status(std::string_view bytes) {
  boost::system::error_code bad;
  const json::value value = json::parse(bytes.substr(0, kMaxStatus), bad);
  if (bad || !value.is_object())
    return {false, std::nullopt, std::string(bytes.substr(0, kMaxStatus))};
  const json::object& status = value.get_object();
  if (api::text_at(status, {"status"}) == "Success") return {true, 0, {}};
  return {false, exit_code_of(status), std::string(api::text_at(status, {"message"}))};
}

ChannelRequest port_forward_request(std::string_view namespace_name, std::string_view pod,
                                    std::uint16_t port) {
  ChannelRequest channels;
  channels.path = pod_path(namespace_name, pod, "portforward");
  channels.query.emplace_back("ports", std::to_string(port));
  channels.protocols = {"v4.channel.k8s.io"};
  return channels;
}

}  // namespace cove::client
