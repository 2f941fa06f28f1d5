// Containers, events, and what images hold: the rest of EngineClient.
#include <fmt/format.h>

#include <charconv>

#include "core/docker/engine_client.h"
#include "core/docker/engine_wire.h"

namespace cove::docker {
namespace {

// "Exited (137) 5 minutes ago"; nothing for any other status.
std::optional<int> exit_code_of(std::string_view status) {
  constexpr std::string_view kBegin = "Exited (";
  if (!status.starts_with(kBegin)) return std::nullopt;
  status.remove_prefix(kBegin.size());
  int code = 0;
  const auto [end, error] = std::from_chars(status.data(), status.data() + status.size(), code);
  if (error != std::errc() || end == status.data() + status.size() || *end != ')')
    return std::nullopt;
  return code;
}

std::vector<PublishedPort> ports_of(const json::object& container) {
  std::vector<PublishedPort> ports;
  const json::array* list = array_of(container, "Ports");
  if (list == nullptr) return ports;
  for (const json::value& each : *list) {
    const json::object* port = each.if_object();
    if (port == nullptr) continue;
    ports.push_back(
        {text_of(*port, "IP"), static_cast<std::uint16_t>(number_of(*port, "PublicPort")),
         static_cast<std::uint16_t>(number_of(*port, "PrivatePort")), text_of(*port, "Type")});
  }
  return ports;
}

ContainerSummary container_of(const json::object& object) {
  ContainerSummary container;
  container.id = text_of(object, "Id");
  if (const auto names = texts_of(object, "Names"); !names.empty()) {
    container.name = names.front();
    if (container.name.starts_with('/')) container.name.erase(0, 1);
  }
  container.image = text_of(object, "Image");
  container.image_id = text_of(object, "ImageID");
  container.command = text_of(object, "Command");
  container.state = text_of(object, "State");
  container.status = text_of(object, "Status");
  container.exit_code = exit_code_of(container.status);
  container.created = static_cast<std::int64_t>(number_of(object, "Created"));
  container.ports = ports_of(object);
  return container;
}

// The bytes of several streams on one connection, each piece behind eight bytes that say whose it
// is and how long (Docker Engine API, "Stream format" of attach).
class Streams {
 public:
  explicit Streams(const OnText& text) : text_(text) {}

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      if (left_ == 0) {
        const std::size_t part = std::min(bytes.size(), kHeader - header_.size());
        header_ += bytes.substr(0, part);
        bytes.remove_prefix(part);
        if (header_.size() < kHeader) return;
        for (std::size_t i = 4; i < kHeader; ++i)
          left_ = left_ << 8 | static_cast<unsigned char>(header_[i]);
        header_.clear();
        continue;
      }
      const std::size_t part = std::min(bytes.size(), left_);
      text_(bytes.substr(0, part));
      bytes.remove_prefix(part);
      left_ -= part;
    }
  }

 private:
  static constexpr std::size_t kHeader = 8;
  const OnText& text_;
  std::string header_;
  std::size_t left_ = 0;
};

const json::object& object_or_empty(const json::object* object) {
  static const json::object empty;
  return object != nullptr ? *object : empty;
}

ContainerUsage usage_of(const json::object& sample) {
  ContainerUsage usage;
  const json::object& cpu = object_or_empty(object_of(sample, "cpu_stats"));
  usage.running = cpu.if_contains("system_cpu_usage") != nullptr;
  usage.cpu_ns = number_of(object_or_empty(object_of(cpu, "cpu_usage")), "total_usage");
  usage.host_cpu_ns = number_of(cpu, "system_cpu_usage");
  usage.cpus = static_cast<unsigned>(std::max<std::uint64_t>(1, number_of(cpu, "online_cpus")));
  const json::object& memory = object_or_empty(object_of(sample, "memory_stats"));
  const std::uint64_t all = number_of(memory, "usage");
  const std::uint64_t idle =
      number_of(object_or_empty(object_of(memory, "stats")), "inactive_file");
  usage.memory = all - std::min(all, idle);
  usage.memory_limit = number_of(memory, "limit");
  usage.processes = number_of(object_or_empty(object_of(sample, "pids_stats")), "current");
  for (const auto& network : object_or_empty(object_of(sample, "networks"))) {
    const json::object& link = object_or_empty(network.value().if_object());
    usage.received += number_of(link, "rx_bytes");
    usage.sent += number_of(link, "tx_bytes");
  }
  const json::object& disks = object_or_empty(object_of(sample, "blkio_stats"));
  if (const json::array* list = array_of(disks, "io_service_bytes_recursive")) {
    for (const json::value& each : *list) {
      const json::object& entry = object_or_empty(each.if_object());
      const std::string op = text_of(entry, "op");
      if (op == "read" || op == "Read") usage.read += number_of(entry, "value");
      if (op == "write" || op == "Write") usage.written += number_of(entry, "value");
    }
  }
  return usage;
}

Result<json::object> object_in(json::value answer) {
  if (answer.is_object()) return std::move(answer.get_object());
  return Error{ErrorCode::kCorrupt, "read", "the engine's answer", "it is no object", {}};
}

}  // namespace

Result<std::vector<HistoryEntry>> EngineClient::history(std::string_view image,
                                                        std::stop_token stop) const {
  COVE_TRY(const json::value answer,
           implementation_->ask(
               implementation_->request("GET", fmt::format("/images/{}/history", image)),
               "read the history of", std::string(image), std::move(stop)));
  std::vector<HistoryEntry> entries;
  if (!answer.is_array()) return entries;
  for (const json::value& each : answer.get_array()) {
    const json::object* entry = each.if_object();
    if (entry == nullptr) continue;
    std::string id = text_of(*entry, "Id");
    if (id == "<missing>") id.clear();
    entries.push_back({std::move(id), static_cast<std::int64_t>(number_of(*entry, "Created")),
                       text_of(*entry, "CreatedBy"), number_of(*entry, "Size")});
  }
  return entries;
}

Result<json::object> EngineClient::inspect_image(std::string_view image,
                                                 std::stop_token stop) const {
  COVE_TRY(
      json::value answer,
      implementation_->ask(implementation_->request("GET", fmt::format("/images/{}/json", image)),
                           "inspect", std::string(image), std::move(stop)));
  return object_in(std::move(answer));
}

Result<std::vector<ImageUse>> EngineClient::image_uses(std::stop_token stop) const {
  COVE_TRY(const json::value answer,
           implementation_->ask(implementation_->request("GET", "/system/df", {{"type", "image"}}),
                                "measure", "images", std::move(stop)));
  std::vector<ImageUse> uses;
  const json::array* list = answer.is_object() ? array_of(answer.get_object(), "Images") : nullptr;
  if (list == nullptr) return uses;
  for (const json::value& each : *list) {
    const json::object* object = each.if_object();
    if (object == nullptr) continue;
    ImageUse use;
    use.image = images_of({each}).front();
    use.own_size = use.image.size - std::min(use.image.size, number_of(*object, "SharedSize"));
    use.used = number_of(*object, "Containers") > 0;
    uses.push_back(std::move(use));
  }
  return uses;
}

Result<std::uint64_t> EngineClient::prune_images(bool all, std::stop_token stop) const {
  COVE_TRY(const json::value answer,
           implementation_->ask(
               implementation_->request(
                   "POST", "/images/prune",
                   {{"filters", fmt::format(R"({{"dangling":["{}"]}})", all ? "false" : "true")}}),
               "prune", "images", std::move(stop)));
  return answer.is_object() ? number_of(answer.get_object(), "SpaceReclaimed") : 0;
}

Result<std::vector<ContainerSummary>> EngineClient::containers(std::stop_token stop) const {
  COVE_TRY(const json::value answer,
           implementation_->ask(implementation_->request("GET", "/containers/json", {{"all", "1"}}),
                                "list", "containers", std::move(stop)));
  std::vector<ContainerSummary> containers;
  if (!answer.is_array()) return containers;
  for (const json::value& each : answer.get_array()) {
    if (const json::object* object = each.if_object()) containers.push_back(container_of(*object));
  }
  return containers;
}

Result<json::object> EngineClient::inspect_container(std::string_view container,
                                                     std::stop_token stop) const {
  COVE_TRY(json::value answer,
           implementation_->ask(
               implementation_->request("GET", fmt::format("/containers/{}/json", container)),
               "inspect", std::string(container), std::move(stop)));
  return object_in(std::move(answer));
}

Result<void> EngineClient::act_on(std::string_view container, const std::string& action,
                                  const std::string& path,
                                  const std::vector<std::pair<std::string, std::string>>& query,
                                  std::stop_token stop) const {
  // 304: it was so already.
  auto response = implementation_->send(
      implementation_->request("POST", fmt::format("/containers/{}/{}", container, path), query),
      action, std::string(container), std::move(stop));
  if (!response) return response.error();
  return {};
}

Result<void> EngineClient::start(std::string_view container, std::stop_token stop) const {
  return act_on(container, "start", "start", {}, std::move(stop));
}
Result<void> EngineClient::stop(std::string_view container, std::stop_token stop) const {
  return act_on(container, "stop", "stop", {}, std::move(stop));
}
Result<void> EngineClient::restart(std::string_view container, std::stop_token stop) const {
  return act_on(container, "restart", "restart", {}, std::move(stop));
}
Result<void> EngineClient::kill(std::string_view container, std::string_view signal,
                                std::stop_token stop) const {
  return act_on(container, "kill", "kill", {{"signal", std::string(signal)}}, std::move(stop));
}

Result<void> EngineClient::remove_container(std::string_view container, bool force,
                                            std::stop_token stop) const {
  auto request = implementation_->request("DELETE", fmt::format("/containers/{}", container),
                                          {{"force", force ? "1" : "0"}});
  COVE_CHECK(
      implementation_->ask(std::move(request), "remove", std::string(container), std::move(stop)));
  return {};
}

Result<void> EngineClient::logs(std::string_view container, unsigned tail, bool follow,
                                const OnText& text, std::stop_token stop) const {
  COVE_TRY(const json::object inspected, inspect_container(container, stop));
  const json::value* tty = object_or_empty(object_of(inspected, "Config")).if_contains("Tty");
  const bool terminal = tty != nullptr && tty->is_bool() && tty->get_bool();
  auto request = implementation_->request("GET", fmt::format("/containers/{}/logs", container),
                                          {{"stdout", "1"},
                                           {"stderr", "1"},
                                           {"tail", fmt::format("{}", tail)},
                                           {"follow", follow ? "1" : "0"}});
  COVE_TRY(auto response, implementation_->send(std::move(request), "read the log of",
                                                std::string(container), std::move(stop)));
  Streams streams(text);
  while (true) {
    COVE_TRY(const std::string piece, response.read(kPiece));
    if (piece.empty()) return {};
    if (terminal) {
      text(piece);
    } else {
      streams.take(piece);
    }
  }
}

Result<ContainerUsage> EngineClient::usage(std::string_view container, std::stop_token stop) const {
  COVE_TRY(json::value answer,
           implementation_->ask(
               implementation_->request("GET", fmt::format("/containers/{}/stats", container),
                                        {{"stream", "0"}, {"one-shot", "1"}}),
               "measure", std::string(container), std::move(stop)));
  COVE_TRY(const json::object sample, object_in(std::move(answer)));
  return usage_of(sample);
}

Result<void> EngineClient::events(const std::function<void()>& opened,
                                  const std::function<void(const EngineEvent&)>& event,
                                  std::stop_token stop) const {
  auto request = implementation_->request("GET", "/events",
                                          {{"filters", R"({"type":["image","container"]})"}});
  COVE_TRY(auto response, implementation_->send(std::move(request), "follow the events of",
                                                "the engine", std::move(stop)));
  opened();
  COVE_CHECK(read_lines(response, [&](const json::object& line) -> Result<void> {
    event({text_of(line, "Type"), text_of(line, "Action"),
           text_of(object_or_empty(object_of(line, "Actor")), "ID")});
    return {};
  }));
  return Error{
      ErrorCode::kUnavailable, "follow the events of", "the engine", "it ended the connection", {}};
}

}  // namespace cove::docker
