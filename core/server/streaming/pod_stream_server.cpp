#include "core/server/pod_stream_server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>

#include "core/base/strings.h"
#include "core/base/worker_pool.h"
#include "core/server/status.h"
#include "core/server/streaming/channels.h"
#include "core/server/streaming/node_log.h"
#include "core/server/streaming/pod_log.h"
#include "core/server/streaming/port_forward.h"
#include "core/server/streaming/remote_command.h"
#include "core/server/streaming/upgrade.h"

namespace cove::server {
namespace {

constexpr std::size_t kLogBytes = 1 << 20;
constexpr std::size_t kMaxPorts = 64;
constexpr std::chrono::seconds kIdle{5};

constexpr auto kCommandWebSocket = std::to_array<std::string_view>(
    {"v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io",
     "base64.channel.k8s.io"});
constexpr auto kCommandSpdy = std::to_array<std::string_view>(
    {"v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"});
constexpr std::string_view kPortForward = "portforward.k8s.io";
constexpr std::string_view kTunnelled = "SPDY/3.1+portforward.k8s.io";
constexpr auto kPortForwardSpdy = std::to_array<std::string_view>({kPortForward});
constexpr auto kPortForwardWebSocket =
    std::to_array<std::string_view>({kTunnelled, "v4.channel.k8s.io", "v4.base64.channel.k8s.io"});

constexpr auto kContainerLists =
    std::to_array<std::string_view>({"initContainers", "containers", "ephemeralContainers"});

std::vector<std::string> names_of(const json::object& pod, std::string_view list) {
  std::vector<std::string> names;
  if (const json::array* const all = api::array_at(pod, {"spec", list})) {
    for (const json::value& each : *all) {
      if (each.is_object()) names.emplace_back(api::text_at(each.get_object(), {"name"}));
    }
  }
  return names;
}

// The container that is meant, by name or because there is no other.
Outcome<std::string> choose_container(const json::object& pod, const std::string& asked) {
  const std::string_view name = api::text_at(pod, {"metadata", "name"});
  std::vector<std::string> all;
  for (const std::string_view list : kContainerLists) {
    for (std::string& each : names_of(pod, list)) all.push_back(std::move(each));
  }
  if (!asked.empty()) {
    if (std::ranges::find(all, asked) != all.end()) return asked;
    return refuse::bad_request(fmt::format("container {} is not valid for pod {}", asked, name));
  }
  const std::vector<std::string> regular = names_of(pod, "containers");
  if (regular.size() == 1) return regular.front();
  return refuse::bad_request(
      fmt::format("a container name must be specified for pod {}, choose one of: [{}]", name,
                  fmt::join(all, " ")));
}

std::vector<std::string> all_values(const Request& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : request.query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

Outcome<std::vector<std::uint16_t>> read_ports(const Request& request) {
  std::vector<std::uint16_t> ports;
  for (const std::string& value : all_values(request, "ports")) {
    for (const std::string& text : split(value, ',')) {
      std::uint16_t port = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
      if (error != std::errc() || end != text.data() + text.size() || port == 0)
        return refuse::bad_request(fmt::format("unable to parse {} as a port", api::quote(text)));
      ports.push_back(port);
    }
  }
  if (ports.empty()) return refuse::bad_request("query parameter \"port\" is required");
  if (ports.size() > kMaxPorts) return refuse::bad_request("there are too many ports");
  return ports;
}

Refusal nobody() {
  return {503, "ServiceUnavailable", "no node agent runs here that could do it"};
}

Refusal busy() {
  return refuse::too_many_requests("too many streams are open, please try again later", 1);
}

}  // namespace

class PodStreamServer::Implementation
    : public std::enable_shared_from_this<PodStreamServer::Implementation> {
 public:
  Implementation(ApiServer& server, const ClusterState& state, std::size_t threads)
      : server_(server), state_(state), pool_({.threads = threads, .idle = kIdle}) {}

  void add_handlers() {
    for (const auto& [name, serve] : kHandlers) {
      server_.add_handler(
          "", "pods", name,
          [self = shared_from_this(), serve](const CallPtr& call) { (*self.*serve)(call); });
    }
  }

  void serve(const CallPtr& call) {
    if (call->info.subresource != "log") {
      if (auto allowed = check_create(call); !allowed) return respond(call, allowed.error());
    }
    for (const auto& [name, serve] : kHandlers) {
      if (call->info.subresource == name) return (this->*serve)(call);
    }
  }

  void serve_node_log(const CallPtr& call, std::string path) {
    if (!state_.object("", "nodes", "", call->info.name))
      return respond(call, refuse::not_found(*call->kind, call->info.name));
    if (call->request->method != "GET" && call->request->method != "HEAD")
      return call->respond(text_answer(405, "405: Method Not Allowed"));
    const auto node = this->node();
    if (!node) return respond(call, nobody());
    const bool runs = pool_.run([self = shared_from_this(), call, node, path = std::move(path)] {
      self->read_node_log(call, node->open_node_log(call->info.name, path));
    });
    if (!runs) respond(call, busy());
  }

  void set_node(std::shared_ptr<PodStreams> node) {
    const std::lock_guard lock(mutex_);
    node_.swap(node);
  }

  void stop() {
    stop_.request_stop();
    pool_.stop();
  }

 private:
  struct Target {
    std::shared_ptr<PodStreams> node;
    api::ObjectPtr pod;
    ContainerOfPod container;
  };

  // --- What is asked about; answers and returns nothing when it cannot be.
  Outcome<Target> find_pod(const CallPtr& call) {
    Target target;
    target.pod = state_.object("", "pods", call->info.namespace_name, call->info.name);
    if (!target.pod) return refuse::not_found(*call->kind, call->info.name);
    target.container = {.namespace_name = call->info.namespace_name,
                        .pod = call->info.name,
                        .uid = std::string(target.pod->uid()),
                        .container = {}};
    target.node = node();
    return target;
  }

  std::shared_ptr<PodStreams> node() {
    const std::lock_guard lock(mutex_);
    return node_;
  }

  static Outcome<void> check_host(const Target& target) {
    if (api::text_at(target.pod->document(), {"spec", "nodeName"}).empty()) {
      return refuse::bad_request(
          fmt::format("pod {} does not have a host assigned", target.pod->name()));
    }
    if (!target.node) return nobody();
    return {};
  }

  // A GET may become a stream just as a POST does: both need the right to create.
  Outcome<void> may_create(const CallPtr& call) const {
    return call->info.verb == "create" ? Outcome<void>() : check_create(call);
  }

  Outcome<void> check_create(const CallPtr& call) const {
    RequestInfo info = call->info;
    info.verb = "create";
    const Decision decision = server_.authorizer().authorize({call->user, info, {}});
    if (decision.kind == Decision::Kind::kAllow) return {};
    return forbidden_request(call->user, info, {});
  }

  void log(const CallPtr& call) {
    auto target = find_pod(call);
    if (!target) return respond(call, target.error());
    auto options = read_log_options(*call->request, call->info.name, call->now);
    if (!options) return respond(call, options.error());
    auto container = choose_container(target->pod->document(), options->container);
    if (!container) return respond(call, container.error());
    target->container.container = *container;
    // One without a node has said nothing yet.
    if (api::text_at(target->pod->document(), {"spec", "nodeName"}).empty())
      return call->respond(text_answer(200, ""));
    if (auto fine = check_host(*target); !fine) return respond(call, fine.error());
    if (const std::string why =
            log_obstacle(target->pod->document(), *container, options->request.previous);
        !why.empty())
      return respond(call, refuse::bad_request(why));
    const bool runs = pool_.run([self = shared_from_this(), call, target = *target,
                                 options = *options] { self->read_log(call, target, options); });
    if (!runs) respond(call, busy());
  }

  void read_log(const CallPtr& call, const Target& target, const LogOptions& options) {
    auto log = target.node->open_log(target.container, options.request);
    if (!log) return respond(call, refuse::bad_request(log.error().cause));
    Answer answer;
    answer.content_type = "text/plain";
    pour(call, std::move(answer), [&](Stream& stream, std::stop_token stop) {
      send_log(**log, options, stream, std::move(stop));
    });
  }

  void read_node_log(const CallPtr& call, Result<NodeLogPage> page) {
    Answer answer = node_log_answer(*call->request, page);
    if (!page || !page->file || answer.status != 200 || call->request->method == "HEAD")
      return call->respond(std::move(answer));
    pour(call, std::move(answer), [&](Stream& stream, std::stop_token stop) {
      send_node_log(*page, stream, std::move(stop));
    });
  }

  // Answers with a stream that `send` fills.
  void pour(const CallPtr& call, Answer answer,
            const std::function<void(Stream& stream, std::stop_token stop)>& send) {
    answer.stream = std::make_shared<Stream>(kLogBytes);
    const auto stream = answer.stream;
    // Ends the reading when the client leaves, which it may do while nothing is written.
    std::stop_source stop;
    stream->on_abandon([stop]() mutable { stop.request_stop(); });
    const std::stop_callback on_stop(stop_.get_token(), [&stop] { stop.request_stop(); });
    call->respond(std::move(answer));
    send(*stream, stop.get_token());
  }

  void exec(const CallPtr& call) { command(call, true); }
  void attach(const CallPtr& call) { command(call, false); }

  void command(const CallPtr& call, bool exec) {
    if (auto allowed = may_create(call); !allowed) return respond(call, allowed.error());
    auto target = find_pod(call);
    if (!target) return respond(call, target.error());
    const Request& request = *call->request;
    auto container =
        choose_container(target->pod->document(), request.parameter("container").value_or(""));
    if (!container) return respond(call, container.error());
    target->container.container = *container;
    if (auto fine = check_host(*target); !fine) return respond(call, fine.error());
    CommandRequest wish{
        .command = exec ? all_values(request, "command") : std::vector<std::string>(),
        .in = request.flag("stdin"),
        .out = request.flag("stdout"),
        .error = request.flag("stderr"),
        .terminal = request.flag("tty")};
    // A terminal has one output.
    if (wish.terminal) wish.error = false;
    if (!wish.in && !wish.out && !wish.error)
      return respond(call,
                     refuse::bad_request("you must specify at least 1 of stdin, stdout, stderr"));
    if (exec && wish.command.empty())
      return respond(call, refuse::bad_request("you must specify at least one command for the "
                                               "container"));
    auto upgrade = read_upgrade(request);
    if (!upgrade) return respond(call, upgrade.error());
    const bool spdy = upgrade->to == Upgrade::To::kSpdy;
    auto protocol = spdy ? choose_protocol(*upgrade, kCommandSpdy)
                         : choose_protocol(*upgrade, kCommandWebSocket);
    if (!protocol) return respond(call, protocol.error());
    const auto state = target->node->find(target->container);
    if (!state || !state->running) {
      return call->respond(
          text_answer(500, fmt::format("container not found ({})", api::quote(*container))));
    }
    Answer answer = upgrade_answer(*upgrade, *protocol);
    answer.upgrade = [self = shared_from_this(), target = std::move(*target),
                      wish = std::move(wish), protocol = *protocol, spdy,
                      exec](std::unique_ptr<http::Tunnel> tunnel) {
      self->begin_command(target, wish, protocol, spdy, exec,
                          std::make_shared<Wire>(std::move(tunnel)));
    };
    call->respond(std::move(answer));
  }

  void begin_command(const Target& target, const CommandRequest& wish, const std::string& protocol,
                     bool spdy, bool exec, const std::shared_ptr<Wire>& wire) {
    const bool resizes =
        wish.terminal && (!spdy || protocol.starts_with("v4") || protocol.starts_with("v3"));
    const ChannelSet set{.in = wish.in, .out = wish.out, .error = wish.error, .resize = resizes};
    const auto coding = protocol.find("base64") != std::string::npos ? WebSocketCoding::kBase64
                                                                     : WebSocketCoding::kBinary;
    RemoteCommand::Parts parts;
    parts.channels = spdy ? spdy_channels(wire, set)
                          : websocket_channels(wire, coding, protocol.starts_with("v5"), set);
    parts.status_documents = protocol.starts_with("v4") || protocol.starts_with("v5");
    parts.command = wish.command;
    parts.begin = [target, wish, exec](PodProcess::Handlers handlers) {
      return exec ? target.node->exec(target.container, wish, std::move(handlers))
                  : target.node->attach(target.container, wish, std::move(handlers));
    };
    begin(std::make_shared<RemoteCommand>(std::move(parts)), *wire);
  }

  void port_forward(const CallPtr& call) {
    if (auto allowed = may_create(call); !allowed) return respond(call, allowed.error());
    auto target = find_pod(call);
    if (!target) return respond(call, target.error());
    if (auto fine = check_host(*target); !fine) return respond(call, fine.error());
    auto upgrade = read_upgrade(*call->request);
    if (!upgrade) return respond(call, upgrade.error());
    const bool spdy = upgrade->to == Upgrade::To::kSpdy;
    auto protocol = spdy ? choose_protocol(*upgrade, kPortForwardSpdy)
                         : choose_protocol(*upgrade, kPortForwardWebSocket);
    if (!protocol) return respond(call, protocol.error());
    std::vector<std::uint16_t> ports;
    if (!spdy && *protocol != kTunnelled) {
      auto given = read_ports(*call->request);
      if (!given) return respond(call, given.error());
      ports = std::move(*given);
    }
    Answer answer = upgrade_answer(*upgrade, *protocol);
    answer.upgrade = [self = shared_from_this(), target = std::move(*target), protocol = *protocol,
                      spdy, ports = std::move(ports)](std::unique_ptr<http::Tunnel> tunnel) {
      const auto wire = std::make_shared<Wire>(std::move(tunnel));
      PortForwardParts parts{
          .wire = wire,
          .connect =
              [target](std::uint16_t port) { return target.node->connect(target.container, port); },
          .pod = target.container.pod,
          .uid = target.container.uid};
      const bool base64 = protocol.find("base64") != std::string::npos;
      self->begin(spdy || protocol == kTunnelled
                      ? spdy_port_forward(std::move(parts), !spdy)
                      : channel_port_forward(
                            std::move(parts),
                            base64 ? WebSocketCoding::kBase64 : WebSocketCoding::kBinary, ports),
                  *wire);
    };
    call->respond(std::move(answer));
  }

  template <class Session>
  void begin(const std::shared_ptr<Session>& session, Wire& wire) {
    session->start();
    if (!pool_.run([session, stop = stop_.get_token()] { session->run(stop); })) wire.close();
  }

  using Serve = void (Implementation::*)(const CallPtr&);
  static constexpr std::array<std::pair<std::string_view, Serve>, 4> kHandlers{
      {{"log", &Implementation::log},
       {"exec", &Implementation::exec},
       {"attach", &Implementation::attach},
       {"portforward", &Implementation::port_forward}}};

  ApiServer& server_;
  const ClusterState& state_;
  std::mutex mutex_;
  std::shared_ptr<PodStreams> node_;
  std::stop_source stop_;
  WorkerPool pool_;
};

PodStreamServer::PodStreamServer(ApiServer& server, const ClusterState& state, std::size_t threads)
    : implementation_(std::make_shared<Implementation>(server, state, threads)) {
  implementation_->add_handlers();
}

PodStreamServer::~PodStreamServer() {
  stop();
}

void PodStreamServer::serve(const CallPtr& call) {
  implementation_->serve(call);
}

void PodStreamServer::serve_node_log(const CallPtr& call, std::string path) {
  implementation_->serve_node_log(call, std::move(path));
}

void PodStreamServer::set_node(std::shared_ptr<PodStreams> node) {
  implementation_->set_node(std::move(node));
}

void PodStreamServer::stop() {
  implementation_->stop();
}

}  // namespace cove::server
