#include "app/node/state.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/strings.h"

namespace cove::node {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::int64_t kFormat = 1;
constexpr std::array<const char*, 4> kNamespaces{"default", "kube-node-lease", "kube-public",
                                                 "kube-system"};

Error corrupt(const Path& path, std::string cause) {
  return Error{ErrorCode::kCorrupt, "use", path.string(), std::move(cause),
               "Restore it from a backup, or move it away to start as a new node."};
}

json::object to_json(const server::ObjectIdentity& identity) {
  return {{"name", identity.name}, {"uid", identity.uid}, {"created", identity.created}};
}

std::optional<server::ObjectIdentity> read_identity(const json::value& value) {
  const json::object* const object = value.if_object();
  if (object == nullptr) return std::nullopt;
  const auto text = [&](std::string_view key) {
    const json::value* const field = object->if_contains(key);
    return field != nullptr && field->is_string() ? std::string(field->get_string())
                                                  : std::string();
  };
  server::ObjectIdentity identity{text("name"), text("uid"), text("created")};
  if (identity.name.empty() || identity.uid.empty() || identity.created.empty())
    return std::nullopt;
  return identity;
}

Result<State> parse(const Path& path, const std::string& bytes) {
  boost::system::error_code error;
  const json::value document = json::parse(bytes, error);
  if (error || !document.is_object()) return corrupt(path, "it is not the JSON that coved wrote");
  const json::object& object = document.get_object();
  const json::value* const format = object.if_contains("format");
  if (format == nullptr || !format->is_int64()) return corrupt(path, "it has no format number");
  if (format->get_int64() > kFormat) {
    return Error{ErrorCode::kUnsupported, "use", path.string(),
                 fmt::format("it was written by a newer Cove (format {}, this one knows {})",
                             format->get_int64(), kFormat),
                 "Start the newer version again."};
  }
  State state;
  const json::value* const node = object.if_contains("node");
  auto identity = node != nullptr ? read_identity(*node) : std::nullopt;
  if (!identity) return corrupt(path, "the node's identity is missing in it");
  state.node = std::move(*identity);
  const json::value* const namespaces = object.if_contains("namespaces");
  if (namespaces == nullptr || !namespaces->is_array())
    return corrupt(path, "the namespaces are missing in it");
  for (const json::value& item : namespaces->get_array()) {
    auto one = read_identity(item);
    if (!one) return corrupt(path, "a namespace in it has no identity");
    state.namespaces.push_back(std::move(*one));
  }
  return state;
}

Result<void> save(const Path& path, const State& state) {
  json::array namespaces;
  for (const auto& identity : state.namespaces) namespaces.push_back(to_json(identity));
  const json::object document{
      {"format", kFormat}, {"node", to_json(state.node)}, {"namespaces", std::move(namespaces)}};
  return write_file_atomic(path, json::serialize(document) + "\n", 0600);
}

}  // namespace

Result<State> ensure_state(const Path& data_dir, const std::string& node_name, const Clock& clock) {
  const Path path = data_dir / "state.json";
  const auto fresh = [&](const std::string& name) {
    return server::ObjectIdentity{name, random_uuid(), rfc3339(clock.wall())};
  };
  State state;
  auto bytes = read_file(path, kMaxBytes);
  if (bytes) {
    COVE_TRY(state, parse(path, *bytes));
  } else if (bytes.error().code == ErrorCode::kResourceExhausted) {
    return corrupt(path, bytes.error().cause);
  } else if (bytes.error().code != ErrorCode::kNotFound) {
    return bytes.error();
  }
  bool changed = false;
  if (state.node.name != node_name) {
    state.node = fresh(node_name);
    changed = true;
  }
  for (const char* name : kNamespaces) {
    if (std::ranges::find(state.namespaces, name, &server::ObjectIdentity::name) !=
        state.namespaces.end())
      continue;
    state.namespaces.push_back(fresh(name));
    changed = true;
  }
  std::ranges::sort(state.namespaces, {}, &server::ObjectIdentity::name);
  if (changed) COVE_CHECK(save(path, state));
  return state;
}

}  // namespace cove::node
