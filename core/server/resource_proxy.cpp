#include "core/server/resource_proxy.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>

#include "core/api/each.h"
#include "core/base/strings.h"
#include "core/base/worker_pool.h"
#include "core/http/client.h"
#include "core/server/proxied_upgrade.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

constexpr std::size_t kPiece = 32 * 1024;
constexpr std::size_t kWaiting = 256 * 1024;
constexpr std::uint16_t kKubelet = 10250;

// "https:web:8443", "web:http", "web".
struct Subject {
  std::string scheme = "http", name, port;
};

std::optional<Subject> parse_subject(const std::string& id) {
  const std::vector<std::string> parts = split(id, ':');
  Subject subject;
  if (parts.size() == 3) {
    if (parts[0] != "http" && parts[0] != "https" && !parts[0].empty()) return std::nullopt;
    if (!parts[0].empty()) subject.scheme = parts[0];
    subject.name = parts[1];
    subject.port = parts[2];
  } else if (parts.size() <= 2) {
    subject.name = parts[0];
    if (parts.size() == 2) subject.port = parts[1];
  }
  return subject.name.empty() ? std::nullopt : std::optional(subject);
}

std::optional<std::uint16_t> number_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

struct Destination {
  std::string scheme, address;
  std::uint16_t port = 0;
};

// What comes after ".../proxy" of the path as it was sent: "/api/v1/namespaces/a/pods/b/proxy/c",
// "/api/v1/nodes/b/proxy/c".
std::string rest_of(std::string_view raw_path, bool namespaced) {
  const int segments = namespaced ? 7 : 5;
  std::size_t at = 0;
  for (int i = 0; i < segments && at != std::string_view::npos; ++i)
    at = raw_path.find('/', at + 1);
  return at == std::string_view::npos ? std::string() : std::string(raw_path.substr(at));
}

// What is between two neighbours alone, or between the client and this server.
bool stays_here(const std::string& name) {
  static const std::set<std::string, std::less<>> all{"connection",
                                                      "keep-alive",
                                                      "proxy-authenticate",
                                                      "proxy-authorization",
                                                      "proxy-connection",
                                                      "te",
                                                      "trailer",
                                                      "transfer-encoding",
                                                      "upgrade",
                                                      "host",
                                                      "authorization",
                                                      "content-length",
                                                      "user-agent",
                                                      "expect"};
  return all.contains(name);
}

// What the transport sets by itself.
bool is_set_anew(const std::string& name) {
  return stays_here(name) || name == "date" || name == "content-type";
}

// The protocol that is asked for in place of HTTP, "websocket"; empty: none is.
std::string upgrade_of(const Request& request) {
  for (const std::string& item : split(request.header("connection"), ',')) {
    std::string word(trim(item));
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (word == "upgrade") return std::string(request.header("upgrade"));
  }
  return {};
}

http::ClientRequest request_to(const Destination& to, const Request& from, std::string target) {
  http::ClientRequest request;
  request.method = from.method;
  request.url = {.scheme = to.scheme,
                 .host = to.address,
                 .port = to.port,
                 .target = std::move(target),
                 .user_info = {}};
  for (const auto& [name, value] : from.headers) {
    if (!stays_here(name)) request.headers.emplace_back(name, value);
  }
  if (const auto agent = from.header("user-agent"); !agent.empty())
    request.headers.emplace_back("X-Forwarded-User-Agent", agent);
  if (const auto protocol = upgrade_of(from); !protocol.empty()) {
    request.headers.emplace_back("Connection", "Upgrade");
    request.headers.emplace_back("Upgrade", protocol);
  }
  request.headers.emplace_back("X-Forwarded-Uri", from.raw_path);
  request.headers.emplace_back("X-Forwarded-Host", from.header("host"));
  request.headers.emplace_back("X-Forwarded-Proto", "https");
  request.body = from.body;
  return request;
}

// From the connection's thread to the one that serves it.
struct Handover {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_ptr<http::Tunnel> client;
  bool over = false;
};

Result<std::unique_ptr<http::Client>> make_client() {
  http::ClientOptions options;
  // What a pod shows proves nothing to anybody but who asked for https.
  options.tls.verify = false;
  return http::Client::create(std::move(options));
}

}  // namespace

bool is_proxyable(std::string_view address) {
  const std::string text(address);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    const std::uint32_t value = ntohl(v4.s_addr);
    return value >> 24 != 0 && value >> 24 != 127 && value >> 16 != 0xa9fe && value >> 28 < 0xe;
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  return !IN6_IS_ADDR_LOOPBACK(&v6) && !IN6_IS_ADDR_UNSPECIFIED(&v6) &&
         !IN6_IS_ADDR_LINKLOCAL(&v6) && !IN6_IS_ADDR_MULTICAST(&v6) && !IN6_IS_ADDR_V4MAPPED(&v6);
}

class ResourceProxy::Implementation
    : public std::enable_shared_from_this<ResourceProxy::Implementation> {
 public:
  explicit Implementation(Parts parts)
      : parts_(std::move(parts)),
        pool_({.threads = parts_.threads, .idle = std::chrono::seconds(5)}) {}

  void add_handlers() {
    for (const std::string_view plural : {"pods", "services", "nodes"}) {
      parts_.server.add_handler(
          "", plural, "proxy",
          [self = shared_from_this()](const CallPtr& call) { self->serve(call); });
    }
  }

  void stop() {
    stop_.request_stop();
    pool_.stop();
  }

 private:
  void serve(const CallPtr& call) {
    const Request& request = *call->request;
    const std::string rest = rest_of(request.raw_path, call->kind->namespaced);
    if (is_of_agent(*call)) return parts_.agent(call);
    if (rest.empty() && (request.method == "GET" || request.method == "HEAD"))
      return redirect(call);
    const auto subject = parse_subject(call->info.name);
    if (!subject) {
      return respond(call,
                     refuse::bad_request(fmt::format("invalid {} request {}", call->kind->singular,
                                                     api::quote(call->info.name))));
    }
    auto to = call->kind->plural == "pods"    ? pod(call, *subject)
              : call->kind->plural == "nodes" ? node(call, *subject)
                                              : service(call, *subject);
    if (!to) return respond(call, to.error());
    const auto address = reach(to->address);
    if (!address) return respond(call, refuse::bad_request("address not allowed"));
    to->address = *address;
    std::string target = rest.empty() ? "/" : rest;
    if (!request.raw_query.empty()) target += "?" + request.raw_query;
    const bool runs = pool_.run([self = shared_from_this(), call, to = *to,
                                 target = std::move(target)] { self->pass(call, to, target); });
    if (!runs)
      respond(call, refuse::too_many_requests("too many requests are being passed on, please try "
                                              "again later",
                                              1));
  }

  static bool is_of_agent(Call& call) {
    if (call.kind->plural != "nodes") return false;
    const auto subject = parse_subject(call.info.name);
    if (!subject || (!subject->port.empty() && number_of(subject->port) != kKubelet)) return false;
    call.info.name = subject->name;
    return true;
  }

  Outcome<Destination> node(const CallPtr& call, const Subject& subject) const {
    const api::ObjectPtr node = parts_.state.object("", "nodes", "", subject.name);
    if (!node) return refuse::not_found(*call->kind, subject.name);
    const auto port = number_of(subject.port);
    if (!port) {
      return refuse::bad_request(
          fmt::format("invalid node request {}", api::quote(call->info.name)));
    }
    std::string address;
    api::each_object(node->document(), {"status", "addresses"}, [&](const json::object& each) {
      if (address.empty() && api::text_at(each, {"type"}) == "InternalIP")
        address = api::text_at(each, {"address"});
    });
    if (address.empty()) return refuse::bad_request("address not allowed");
    return Destination{subject.scheme, std::move(address), *port};
  }

  std::optional<std::string> reach(const std::string& address) const {
    if (parts_.reach) return parts_.reach(address);
    return is_proxyable(address) ? std::optional(address) : std::nullopt;
  }

  // Relative links of a page that is served there must lead somewhere.
  static void redirect(const CallPtr& call) {
    Answer answer;
    answer.status = 301;
    answer.content_type = "";
    std::string location = call->request->raw_path + "/";
    if (!call->request->raw_query.empty()) location += "?" + call->request->raw_query;
    answer.headers.emplace_back("Location", std::move(location));
    call->respond(std::move(answer));
  }

  Outcome<Destination> pod(const CallPtr& call, const Subject& subject) const {
    const api::ObjectPtr pod =
        parts_.state.object("", "pods", call->info.namespace_name, subject.name);
    if (!pod) return refuse::not_found(*call->kind, subject.name);
    std::optional<std::uint16_t> port = number_of(subject.port);
    if (subject.port.empty()) port = first_port(*pod);
    if (!port && !subject.port.empty()) {
      return refuse::bad_request(
          fmt::format("invalid pod request {}", api::quote(call->info.name)));
    }
    if (!port) port = subject.scheme == "https" ? std::uint16_t{443} : std::uint16_t{80};
    return destination(subject, *pod, *port);
  }

  static Outcome<Destination> destination(const Subject& subject, const api::Object& pod,
                                          std::uint16_t port) {
    const std::string_view address = api::text_at(pod.document(), {"status", "podIP"});
    if (address.empty()) return refuse::bad_request("address not allowed");
    return Destination{subject.scheme, std::string(address), port};
  }

  static std::optional<std::uint16_t> first_port(const api::Object& pod) {
    const json::array* const containers = api::array_at(pod.document(), {"spec", "containers"});
    if (containers == nullptr) return std::nullopt;
    for (const json::value& container : *containers) {
      if (!container.is_object()) continue;
      const json::array* const ports = api::array_at(container.get_object(), {"ports"});
      if (ports == nullptr || ports->empty() || !ports->front().is_object()) continue;
      return static_cast<std::uint16_t>(
          api::integer_at(ports->front().get_object(), {"containerPort"}).value_or(0));
    }
    return std::nullopt;
  }

  Outcome<Destination> service(const CallPtr& call, const Subject& subject) const {
    const std::string& space = call->info.namespace_name;
    const api::ObjectPtr service = parts_.state.object("", "services", space, subject.name);
    if (!service) return refuse::not_found(*call->kind, subject.name);
    const auto name = port_name(*service, subject.port);
    std::vector<Destination> all;
    if (name) all = endpoints(space, subject, *name);
    if (all.empty()) {
      return Refusal{
          503, "ServiceUnavailable",
          fmt::format("no endpoints available for service {}", api::quote(call->info.name))};
    }
    return all[parts_.random(static_cast<std::uint32_t>(all.size()))];
  }

  // The name of the port that is meant: by its name, by its number, or because there is no other.
  static std::optional<std::string> port_name(const api::Object& service, const std::string& port) {
    const json::array* const ports = api::array_at(service.document(), {"spec", "ports"});
    if (ports == nullptr) return port;
    const auto number = number_of(port);
    for (const json::value& each : *ports) {
      if (!each.is_object()) continue;
      const std::string name(api::text_at(each.get_object(), {"name"}));
      if (name == port) return name;
      if (number && api::integer_at(each.get_object(), {"port"}) == *number) return name;
    }
    return std::nullopt;
  }

  std::vector<Destination> endpoints(const std::string& space, const Subject& subject,
                                     const std::string& port_name) const {
    std::vector<Destination> all;
    for (const api::ObjectPtr& slice :
         parts_.state.objects("discovery.k8s.io", "endpointslices", space)) {
      const json::object& document = slice->document();
      if (api::text_at(document, {"metadata", "labels", "kubernetes.io/service-name"}) !=
          subject.name)
        continue;
      std::optional<std::int64_t> port;
      if (const json::array* const ports = api::array_at(document, {"ports"})) {
        for (const json::value& each : *ports) {
          if (each.is_object() && api::text_at(each.get_object(), {"name"}) == port_name)
            port = api::integer_at(each.get_object(), {"port"});
        }
      }
      const json::array* const addresses = api::array_at(document, {"endpoints"});
      if (!port || addresses == nullptr) continue;
      for (const json::value& each : *addresses) {
        if (!each.is_object()) continue;
        const json::value* const ready = api::value_at(each.get_object(), {"conditions", "ready"});
        const json::array* const texts = api::array_at(each.get_object(), {"addresses"});
        if ((ready != nullptr && *ready == false) || texts == nullptr || texts->empty() ||
            !texts->front().is_string())
          continue;
        all.push_back({subject.scheme, std::string(api::view(texts->front().get_string())),
                       static_cast<std::uint16_t>(*port)});
      }
    }
    return all;
  }

  // On a thread of the pool.
  void pass(const CallPtr& call, const Destination& to, const std::string& target) {
    std::stop_source stop;
    const std::stop_callback on_stop(stop_.get_token(), [&] { stop.request_stop(); });
    const std::stop_callback on_departure(call->request->departure, [&] { stop.request_stop(); });
    const auto unreachable = [&](const Error& error) {
      respond(call, Refusal{503, "ServiceUnavailable",
                            "error trying to reach service: " + error.message()});
    };
    auto client = make_client();
    if (!client) return unreachable(client.error());
    auto response = (*client)->send(request_to(to, *call->request, target), stop.get_token());
    if (!response) return unreachable(response.error());
    Answer answer;
    answer.status = response->status();
    answer.content_type = response->header("content-type");
    for (const auto& [name, value] : response->headers()) {
      if (!is_set_anew(name)) answer.headers.emplace_back(name, value);
    }
    if (response->status() == 101) return upgrade(call, *response, std::move(answer), stop);
    const auto stream = std::make_shared<Stream>(kWaiting);
    answer.stream = stream;
    stream->on_abandon([stop]() mutable { stop.request_stop(); });
    call->respond(std::move(answer));
    while (true) {
      auto piece = response->read(kPiece);
      // A body that broke must not look whole: more than the stream may hold cuts it.
      if (!piece) {
        stream->push(std::string(kWaiting + 1, ' '));
        return;
      }
      if (piece->empty() || !stream->push_wait(std::move(*piece), stop.get_token())) break;
    }
    stream->close();
  }

  // The connection is theirs alone from here on.
  static void upgrade(const CallPtr& call, http::ClientResponse& response, Answer answer,
                      std::stop_source& stop) {
    auto other = response.take_stream();
    if (!other) {
      return respond(call, Refusal{503, "ServiceUnavailable",
                                   "error trying to reach service: " + other.error().message()});
    }
    answer.content_type = "";
    answer.headers.emplace_back("Upgrade", std::string(response.header("upgrade")));
    const auto handover = std::make_shared<Handover>();
    // A connection that breaks before gives nothing: then the last copy of the function goes.
    const auto over = [handover](std::unique_ptr<http::Tunnel> client) {
      const std::lock_guard lock(handover->mutex);
      if (client) handover->client = std::move(client);
      handover->over = true;
      handover->changed.notify_all();
    };
    std::shared_ptr<void> last(handover.get(), [over](void*) { over(nullptr); });
    answer.upgrade = [over, last = std::move(last)](std::unique_ptr<http::Tunnel> client) {
      over(std::move(client));
    };
    call->respond(std::move(answer));
    std::unique_lock lock(handover->mutex);
    handover->changed.wait(lock, stop.get_token(), [&] { return handover->over; });
    auto client = std::move(handover->client);
    lock.unlock();
    if (client) pass_bytes(std::move(client), **other, stop.get_token());
  }

  const Parts parts_;
  std::stop_source stop_;
  WorkerPool pool_;
};

ResourceProxy::ResourceProxy(Parts parts)
    : implementation_(std::make_shared<Implementation>(std::move(parts))) {
  implementation_->add_handlers();
}

ResourceProxy::~ResourceProxy() {
  stop();
}

void ResourceProxy::stop() {
  implementation_->stop();
}

}  // namespace cove::server
