#include "core/node/runtime_support.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/document.h"
#include "core/node/api_reader.h"

namespace cove::node {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> kHandlers{"", "crun", "runc"};

Error refused(const api::Object& pod, std::string cause) {
  return {ErrorCode::kUnsupported, "make the sandbox of", std::string(pod.name()), std::move(cause),
          ""};
}

}  // namespace

json::array runtime_handlers() {
  json::array handlers;
  for (const std::string_view name : kHandlers) {
    handlers.push_back(
        json::object{{"name", name},
                     {"features", {{"recursiveReadOnlyMounts", true}, {"userNamespaces", false}}}});
  }
  return handlers;
}

Result<void> check_runtime(const api::Object& pod, client::Transport& transport) {
  std::string handler;
  const std::string name(api::text_at(pod.document(), {"spec", "runtimeClassName"}));
  if (!name.empty()) {
    const auto found =
        ApiReader(transport).get(client::Resource{"node.k8s.io", "v1", "runtimeclasses"}, "", name);
    if (!found) return refused(pod, found.error().message);
    handler = api::text_at((*found)->document(), {"handler"});
    if (std::ranges::find(kHandlers, handler) == kHandlers.end()) {
      return refused(pod, fmt::format("rpc error: code = Unknown desc = failed to get sandbox "
                                      "runtime: no runtime for {} is configured",
                                      api::quote(handler)));
    }
  }
  const json::value* const users = api::value_at(pod.document(), {"spec", "hostUsers"});
  if (users == nullptr || !users->is_bool() || users->get_bool()) return {};
  // crun maps the users of mounts, but not those of a root.
  return refused(
      pod, handler.empty()
               ? "can't set `spec.hostUsers: false`, runtime does not support user namespaces"
               : fmt::format("can't set `spec.hostUsers: false`, RuntimeClass handler {} does not "
                             "support user namespaces",
                             api::quote(handler)));
}

}  // namespace cove::node
