#include "vm/provision/state.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace cove::provision {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxStateBytes = 1 << 20;

// Reads members with their types checked; the first thing wrong is kept.
class Reader {
 public:
  Reader(const json::object& object, std::string where)
      : object_(object), where_(std::move(where)) {}

  std::string text(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr || !value->is_string()) return wrong(name, "a string"), std::string{};
    return std::string(value->as_string());
  }
  bool boolean(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr || !value->is_bool()) return wrong(name, "true or false"), false;
    return value->as_bool();
  }
  std::int64_t number(const char* name, std::int64_t low, std::int64_t high) {
    const json::value* value = find(name);
    if (value == nullptr || !value->is_int64() || value->as_int64() < low ||
        value->as_int64() > high) {
      return wrong(name, "a whole number in range"), low;
    }
    return value->as_int64();
  }
  // For members that came later: `otherwise`, or nothing, in files of before.
  std::int64_t number_or(const char* name, std::int64_t otherwise, std::int64_t low,
                         std::int64_t high) {
    return find(name) == nullptr ? otherwise : number(name, low, high);
  }
  std::string text_or(const char* name, const char* otherwise) {
    return find(name) == nullptr ? otherwise : text(name);
  }
  bool has(const char* name) const { return find(name) != nullptr; }
  Reader object(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr || !value->is_object()) {
      wrong(name, "an object");
      static const json::object kEmpty;
      return Reader(kEmpty, where_ + name + ".", problem_);
    }
    return Reader(value->as_object(), where_ + name + ".");
  }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> out;
    const json::value* value = find(name);
    if (value == nullptr || !value->is_array()) return wrong(name, "a list of strings"), out;
    for (const json::value& item : value->as_array()) {
      if (!item.is_string()) return wrong(name, "a list of strings"), out;
      out.emplace_back(item.as_string());
    }
    return out;
  }
  template <class Value>
  Value choice(const char* name, const std::vector<std::pair<std::string_view, Value>>& choices) {
    const std::string got = text(name);
    for (const auto& [word, value] : choices) {
      if (got == word) return value;
    }
    return wrong(name, "one of the known words"), choices.front().second;
  }
  void take_problem(const Reader& other) {
    if (problem_.empty()) problem_ = other.problem_;
  }
  const std::string& problem() const { return problem_; }

 private:
  Reader(const json::object& object, std::string where, std::string problem)
      : object_(object), where_(std::move(where)), problem_(std::move(problem)) {}
  const json::value* find(const char* name) const { return object_.if_contains(name); }
  void wrong(const char* name, const char* wanted) {
    if (problem_.empty()) problem_ = fmt::format("'{}{}' is not {}", where_, name, wanted);
  }

  const json::object& object_;
  std::string where_;
  std::string problem_;
};

Resources read_resources(Reader& reader) {
  Resources resources;
  resources.cpus = static_cast<unsigned>(reader.number("cpus", 1, 4096));
  resources.memory_mib =
      static_cast<std::uint64_t>(reader.number("memory_mib", 1, std::int64_t{1} << 40));
  resources.disk_gib =
      static_cast<std::uint64_t>(reader.number("disk_gib", 1, std::int64_t{1} << 30));
  return resources;
}

Wish read_wish(Reader& reader) {
  Wish wish;
  wish.target = reader.choice<Target>("target", {{"running", Target::kRunning},
                                                 {"stopped", Target::kStopped},
                                                 {"paused", Target::kPaused},
                                                 {"deleted", Target::kDeleted}});
  wish.resources = read_resources(reader);
  wish.network = reader.choice<vm::NetworkMode>(
      "network", {{"user", vm::NetworkMode::kUser}, {"nat", vm::NetworkMode::kNat}});
  wish.registry_mirrors = reader.texts("registry_mirrors");
  if (reader.has("proxy")) {
    Reader proxy = reader.object("proxy");
    wish.proxy = {proxy.text("http"), proxy.text("https"), proxy.text("no_proxy")};
    reader.take_problem(proxy);
  }
  return wish;
}

OperationRecord read_operation(Reader& reader) {
  return OperationRecord{reader.text("name"),    reader.text("step_id"), reader.text("step_title"),
                         reader.text("outcome"), reader.text("cause"),   reader.text("remedy")};
}

State read_members(Reader& reader) {
  State state;
  state.profile = reader.text("profile");
  state.machine = reader.text("machine");
  state.uuid = reader.text("uuid");
  state.mac = reader.text("mac");
  Reader wish = reader.object("wish");
  state.wish = read_wish(wish);
  reader.take_problem(wish);
  state.created = reader.boolean("created");
  state.defined = reader.boolean("defined");
  state.sockets = reader.text("sockets");
  state.api_port = static_cast<std::uint16_t>(reader.number("api_port", 0, 65535));
  state.server = reader.text("server");
  state.engine_port = static_cast<std::uint16_t>(reader.number_or("engine_port", 0, 0, 65535));
  state.host = reader.text("host");
  state.host_boot_id = reader.text("host_boot_id");
  state.image_digest = reader.text("image_digest");
  state.image_version = reader.text_or("image_version", "");
  state.booted = state.wish.resources;
  if (reader.has("booted")) {
    Reader booted = reader.object("booted");
    state.booted = read_resources(booted);
    reader.take_problem(booted);
  }
  state.acceleration = reader.choice<vm::Acceleration>(
      "acceleration", {{"software", vm::Acceleration::kSoftware}, {"kvm", vm::Acceleration::kKvm}});
  state.acceleration_note = reader.text("acceleration_note");
  state.started_unix_seconds = reader.number("started_unix_seconds", 0, std::int64_t{1} << 40);
  Reader operation = reader.object("operation");
  state.operation = read_operation(operation);
  reader.take_problem(operation);
  return state;
}

}  // namespace

Result<std::optional<State>> read_state(const Path& file) {
  const auto corrupt = [&](std::string cause) {
    return Error{ErrorCode::kCorrupt, "read the cluster's state", file.string(), std::move(cause),
                 "Restore the file from a backup, or run 'cove delete' to remove the cluster and "
                 "start anew."};
  };
  auto text = read_file(file, kMaxStateBytes);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) return std::optional<State>{};
    if (text.error().code == ErrorCode::kResourceExhausted) return corrupt(text.error().cause);
    return text.error();
  }
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  const json::value document = json::parse(*text, error, {}, options);
  if (error || !document.is_object()) return corrupt("it is not a JSON object");
  const json::object& object = document.as_object();
  const json::value* format = object.if_contains("format");
  if (format == nullptr || !format->is_int64() || format->as_int64() < 1)
    return corrupt("it has no format number");
  if (format->as_int64() > kStateFormat) {
    return Error{ErrorCode::kUnsupported, "read the cluster's state", file.string(),
                 fmt::format("a newer Cove wrote it (format {}, this one knows {})",
                             format->as_int64(), kStateFormat),
                 "Update Cove; nothing was changed."};
  }
  Reader reader(object, "");
  State state = read_members(reader);
  if (!reader.problem().empty()) return corrupt(reader.problem());
  return std::optional<State>(std::move(state));
}

namespace {

json::object to_json(const Resources& resources) {
  return {{"cpus", resources.cpus},
          {"memory_mib", resources.memory_mib},
          {"disk_gib", resources.disk_gib}};
}

json::object to_json(const Wish& wish) {
  json::object object = to_json(wish.resources);
  object["target"] = std::string(to_string(wish.target));
  object["network"] = std::string(to_string(wish.network));
  object["registry_mirrors"] =
      json::array(wish.registry_mirrors.begin(), wish.registry_mirrors.end());
  object["proxy"] = {
      {"http", wish.proxy.http}, {"https", wish.proxy.https}, {"no_proxy", wish.proxy.no_proxy}};
  return object;
}

}  // namespace

Result<void> write_state(const Path& file, const State& state) {
  const json::object document{
      {"format", kStateFormat},
      {"profile", state.profile},
      {"machine", state.machine},
      {"uuid", state.uuid},
      {"mac", state.mac},
      {"wish", to_json(state.wish)},
      {"created", state.created},
      {"defined", state.defined},
      {"sockets", state.sockets.string()},
      {"api_port", state.api_port},
      {"server", state.server},
      {"engine_port", state.engine_port},
      {"host", state.host},
      {"host_boot_id", state.host_boot_id},
      {"image_digest", state.image_digest},
      {"image_version", state.image_version},
      {"booted", to_json(state.booted)},
      {"acceleration", state.acceleration == vm::Acceleration::kKvm ? "kvm" : "software"},
      {"acceleration_note", state.acceleration_note},
      {"started_unix_seconds", state.started_unix_seconds},
      {"operation",
       {{"name", state.operation.name},
        {"step_id", state.operation.step_id},
        {"step_title", state.operation.step_title},
        {"outcome", state.operation.outcome},
        {"cause", state.operation.cause},
        {"remedy", state.operation.remedy}}}};
  return write_file_atomic(file, json::serialize(document) + "\n", 0600);
}

}  // namespace cove::provision
