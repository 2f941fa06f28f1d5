#include "core/proxy/dns.h"

#include "core/base/fs.h"
#include "core/network/resolver_file.h"

namespace cove::proxy {
namespace {

namespace json = boost::json;

constexpr std::uint16_t kPort = 53;
constexpr const char* kClient = "pods";
constexpr std::size_t kMaxResolverFile = 64 << 10;
constexpr const char* kNamespace = "kube-system";
constexpr const char* kName = "kube-dns";
constexpr std::chrono::seconds kAgain{2};

json::object labels() {
  return {{"k8s-app", kName},
          {"kubernetes.io/cluster-service", "true"},
          {"kubernetes.io/name", "CoreDNS"}};
}

json::object wanted_service(const std::string& address) {
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", {{"name", kName}, {"namespace", kNamespace}, {"labels", labels()}}},
          {"spec",
           {{"clusterIP", address},
            {"ports",
             {{{"name", "dns"}, {"port", kPort}, {"protocol", "UDP"}, {"targetPort", kPort}},
              {{"name", "dns-tcp"}, {"port", kPort}, {"protocol", "TCP"}, {"targetPort", kPort}}}},
            {"type", "ClusterIP"}}}};
}

json::object wanted_slice(const std::string& endpoint) {
  json::object all = labels();
  all["kubernetes.io/service-name"] = kName;
  all["endpointslice.kubernetes.io/managed-by"] = "cove";
  return {{"apiVersion", "discovery.k8s.io/v1"},
          {"kind", "EndpointSlice"},
          {"metadata", {{"name", kName}, {"namespace", kNamespace}, {"labels", std::move(all)}}},
          {"addressType", "IPv4"},
          {"endpoints",
           json::array{json::object{{"addresses", json::array{endpoint}},
                                    {"conditions", {{"ready", true}, {"serving", true}}}}}},
          {"ports",
           {{{"name", "dns"}, {"port", kPort}, {"protocol", "UDP"}},
            {{"name", "dns-tcp"}, {"port", kPort}, {"protocol", "TCP"}}}}};
}

}  // namespace

// -- The server -----------------------------------------------------------------------------------

ClusterDns::ClusterDns(const Parts& parts)
    : address_(parts.address),
      server_(parts.server),
      zone_({parts.domain, parts.server, parts.subnets}) {}

Result<std::unique_ptr<ClusterDns>> ClusterDns::start(const Parts& parts) {
  std::unique_ptr<ClusterDns> dns(new ClusterDns(parts));
  COVE_TRY(dns->name_server_, network::NameServer::start(*dns, {.questions_per_client = 2048,
                                                                .questions = 2048,
                                                                .connections_per_client = 512,
                                                                .cache = 4096}));
  COVE_CHECK(dns->name_server_->add_address(kClient, parts.address, kPort));
  return dns;
}

void ClusterDns::set_service(const std::string& key, const api::ObjectPtr& service,
                             const std::vector<api::ObjectPtr>& slices) {
  const std::lock_guard lock(mutex_);
  zone_.set_service(key, service, slices);
}

void ClusterDns::set_namespace(const std::string& name, bool exists) {
  const std::lock_guard lock(mutex_);
  zone_.set_namespace(name, exists);
}

void ClusterDns::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
}

std::optional<network::NameSource::Answer> ClusterDns::answer(
    const std::string&, const network::dns::Question& question) {
  const std::lock_guard lock(mutex_);
  auto answer = zone_.answer(question, turn_++);
  if (answer && !open_) {
    answer.emplace();
    answer->code = network::dns::ResponseCode::kServerFailure;
  }
  return answer;
}

std::vector<std::string> ClusterDns::servers(const std::string&) {
  const auto now = std::chrono::steady_clock::now();
  if (read_ == std::chrono::steady_clock::time_point{} || now - read_ > std::chrono::seconds(1)) {
    read_ = now;
    const auto text = read_file("/etc/resolv.conf", kMaxResolverFile);
    servers_ = network::parse_resolver_file(text ? *text : "").servers;
    // Nobody is to ask himself.
    std::erase_if(servers_, [&](const std::string& server) {
      return server == address_.text() || server == server_.text();
    });
  }
  return servers_;
}

// -- The Service ----------------------------------------------------------------------------------

class DnsService::State : public std::enable_shared_from_this<State> {
 public:
  explicit State(Parts parts) : parts_(std::move(parts)) {}

  void ensure() {
    if (stopped_) return;
    check({"", "v1", "services"}, wanted_service(parts_.cluster_address), "spec", service_);
    check({"discovery.k8s.io", "v1", "endpointslices"}, wanted_slice(parts_.endpoint), "endpoints",
          slice_);
  }
  void stop() {
    stopped_ = true;
    service_.cancel();
    slice_.cancel();
    parts_.transport.executor().cancel(timer_);
  }

 private:
  // Reads the object, makes it when it is not there, and puts it right where `part` differs from
  // what is wanted (fields that others added do not count).
  void check(const client::Resource& resource, json::object wanted, const std::string& part,
             client::Operation& operation) {
    const client::ResourceClient resources(parts_.transport, resource, kNamespace);
    operation = resources.get(kName, [self = shared_from_this(), resources, wanted, part,
                                      &operation](client::ApiResult<api::ObjectPtr> found) {
      if (self->stopped_) return;
      const auto written = [self](const client::ApiResult<api::ObjectPtr>& result) {
        if (!result && !result.error().is_already_exists()) self->again(result.error().message);
      };
      if (!found) {
        if (!found.error().is_not_found()) return self->again(found.error().message);
        operation = resources.create(wanted, {}, written);
        return;
      }
      if (self->matches((*found)->document(), wanted, part)) return;
      operation = resources.patch(kName, client::PatchType::kMerge, wanted, {}, written);
    });
  }

  static bool matches(const json::object& found, const json::object& wanted,
                      const std::string& part) {
    if (part == "spec")
      return api::text_at(found, {"spec", "clusterIP"}) ==
             api::text_at(wanted, {"spec", "clusterIP"});
    const json::array* endpoints = api::array_at(found, {"endpoints"});
    if (endpoints == nullptr || endpoints->size() != 1 || !endpoints->front().is_object())
      return false;
    const json::value* now = api::member(endpoints->front(), "addresses");
    const json::value* then = api::member(wanted.at("endpoints").as_array().front(), "addresses");
    return now != nullptr && then != nullptr && api::same(*now, *then);
  }

  void again(const std::string& cause) {
    if (stopped_ || waiting_) return;
    waiting_ = true;
    parts_.logger.warn("the cluster's name server has no Service yet", {{"cause", cause}});
    timer_ = parts_.transport.executor().after(kAgain, [self = weak_from_this()] {
      const auto state = self.lock();
      if (!state) return;
      state->waiting_ = false;
      state->ensure();
    });
  }

  const Parts parts_;
  client::Operation service_, slice_;
  Executor::TimerId timer_ = 0;
  bool waiting_ = false;
  bool stopped_ = false;
};

DnsService::DnsService(Parts parts) : state_(std::make_shared<State>(std::move(parts))) {}
DnsService::~DnsService() {
  state_->stop();
}
void DnsService::ensure() {
  state_->ensure();
}

}  // namespace cove::proxy
