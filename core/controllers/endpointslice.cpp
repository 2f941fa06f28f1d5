// The endpoint slice controller: EndpointSlices of services with a selector (kubernetes.io
// "EndpointSlices").

#include <fmt/format.h>

#include <set>

#include "core/controllers/endpoints_pods.h"
#include "core/controllers/endpointslice_writer.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kManager = "endpointslice-controller.k8s.io";
constexpr std::string_view kZone = "topology.kubernetes.io/zone";

std::string_view zone_of(const api::Object& node) {
  return api::text_at(node.document(), {"metadata", "labels", kZone});
}

json::array slice_ports(const api::Object& service, const api::Object& pod) {
  json::array ports;
  const json::array* const wanted = api::array_at(service.document(), {"spec", "ports"});
  if (wanted == nullptr) return ports;
  for (const json::value& each : *wanted) {
    if (!each.is_object()) continue;
    const json::object& port = each.get_object();
    const auto number = target_port(pod, port);
    if (!number) continue;
    const std::string_view protocol = api::text_at(port, {"protocol"});
    json::object own{{"name", api::key(api::text_at(port, {"name"}))},
                     {"protocol", api::key(protocol.empty() ? "TCP" : protocol)},
                     {"port", *number}};
    if (const std::string_view app = api::text_at(port, {"appProtocol"}); !app.empty())
      own["appProtocol"] = api::key(app);
    ports.push_back(std::move(own));
  }
  return ports;
}

// Who should use the endpoint (kubernetes.io "Traffic distribution"). What prefers its node says
// its zone too, for those who know of zones alone.
json::object hints_of(const api::Object& service, const json::object& endpoint) {
  const std::string_view wish = api::text_at(service.document(), {"spec", "trafficDistribution"});
  json::object hints;
  const auto say = [&](std::string_view hint, std::string_view field) {
    const std::string_view name = api::text_at(endpoint, {field});
    if (!name.empty()) hints[api::key(hint)] = json::array{json::object{{"name", api::key(name)}}};
  };
  if (wish == "PreferSameNode") say("forNodes", "nodeName");
  if (wish == "PreferSameNode" || wish == "PreferSameZone" || wish == "PreferClose")
    say("forZones", "zone");
  return hints;
}

json::object slice_endpoint(const api::Object& service, const api::Object& pod,
                            std::string_view address, const api::Object* node) {
  const bool serving = is_pod_ready(pod);
  const bool terminating = pod.deleting();
  const bool ready = api::flag_at(service.document(), {"spec", "publishNotReadyAddresses"}) ||
                     (serving && !terminating);
  json::object endpoint{
      {"addresses", json::array{api::key(address)}},
      {"conditions", {{"ready", ready}, {"serving", serving}, {"terminating", terminating}}}};
  if (const std::string_view host = endpoint_hostname(pod, service); !host.empty())
    endpoint["hostname"] = api::key(host);
  endpoint["targetRef"] = pod_reference(pod);
  if (const std::string_view on = api::text_at(pod.document(), {"spec", "nodeName"}); !on.empty())
    endpoint["nodeName"] = api::key(on);
  if (node != nullptr && !zone_of(*node).empty()) endpoint["zone"] = api::key(zone_of(*node));
  if (json::object hints = hints_of(service, endpoint); !hints.empty())
    endpoint["hints"] = std::move(hints);
  return endpoint;
}

SliceMetadata metadata_for(const api::Object& service) {
  SliceMetadata metadata;
  metadata.namespace_name = service.namespace_name();
  metadata.generate_name = slice_prefix(service.name());
  if (const json::object* const own = api::object_at(service.document(), {"metadata", "labels"}))
    metadata.labels = *own;
  metadata.labels.erase(kHeadlessLabel);
  if (is_headless(service)) metadata.labels[api::key(kHeadlessLabel)] = "";
  metadata.labels[api::key(kServiceNameLabel)] = api::key(service.name());
  metadata.labels[api::key(kManagedByLabel)] = api::key(kManager);
  metadata.owner = controller_reference(service);
  return metadata;
}

std::vector<std::string> families_of(const api::Object& service) {
  std::vector<std::string> families;
  if (const json::array* const all = api::array_at(service.document(), {"spec", "ipFamilies"})) {
    for (const json::value& each : *all) {
      if (each.is_string()) families.emplace_back(api::view(each.get_string()));
    }
  }
  if (families.empty()) families.emplace_back("IPv4");
  return families;
}

class EndpointSliceController final : public KeyedLoop {
 public:
  explicit EndpointSliceController(const Environment& environment)
      : KeyedLoop(environment, {.name = "endpointslice-controller",
                                .account = "endpointslice-controller",
                                .component = "endpoint-slice-controller"}),
        services_(informer(core_resource("services"))),
        pods_(informer(core_resource("pods"))),
        nodes_(informer(core_resource("nodes"))),
        slices_(informer({"discovery.k8s.io", "v1", "endpointslices"})),
        writer_(environment, transport_, slices_, std::string(kManager)) {
    index_services_and_pods(*services_, *pods_);
    queue_each(services_);
    handle(pods_, services_of_pods(*services_, queue()));
    handle(nodes_, {.added = [this](const api::ObjectPtr&, bool) { node_came(); },
                    .updated =
                        [this](const api::ObjectPtr& old, const api::ObjectPtr& now) {
                          if (zone_of(*old) != zone_of(*now)) zones_changed();
                        }});
    handle_each(slices_, [this](const api::ObjectPtr& slice) {
      writer_.saw(*slice);
      if (const auto service = writer_.owner_of(*slice)) queue().add(*service);
    });
  }

 private:
  void node_came() {
    for (const std::string& key : std::exchange(without_node_, {})) queue().add(key);
  }
  void zones_changed() {
    for (const std::string& key : services_->objects().keys()) queue().add(key);
  }

  void reconcile(const std::string& key, const Done& done) override {
    const api::ObjectPtr service = services_->objects().get(key);
    if (!service || service_selector(*service) == nullptr) {
      // The slices of a service that is gone are the garbage collector's.
      times_.forget(key);
      if (!service) writer_.forget(key);
      return done(client::Reconciled{});
    }
    const auto pods = pods_of_service(pods_->objects(), *service);
    const std::string trigger = times_.update(key, *service, pods);
    SlicePlan plan = make_plan(key, *service, pods);
    if (plan.empty()) return done(client::Reconciled{});
    if (service->deleting()) plan.create.clear();
    writer_.carry_out(key, std::move(plan), trigger,
                      guarded([this, key, service, done](const client::ApiResult<void>& result) {
                        if (result) return done(client::Reconciled{});
                        const client::ApiError& error = result.error();
                        if (!error.is_conflict() && !error.is_not_found()) {
                          events_.event(*service, "Warning", "FailedToUpdateEndpointSlices",
                                        fmt::format("Error updating Endpoint Slices for Service "
                                                    "{}: {}",
                                                    key, error.message));
                        }
                        done(error);
                      }));
  }

  SlicePlan make_plan(const std::string& key, const api::Object& service,
                      const std::vector<api::ObjectPtr>& pods) {
    const SliceMetadata metadata = metadata_for(service);
    const auto families = families_of(service);
    const auto existing = writer_.slices_of(key);
    SlicePlan plan;
    for (const api::ObjectPtr& slice : existing) {
      const std::string_view type = api::text_at(slice->document(), {"addressType"});
      if (std::ranges::find(families, type) == families.end()) plan.remove.push_back(slice);
    }
    for (const std::string& family : families) {
      std::vector<api::ObjectPtr> own;
      std::ranges::copy_if(existing, std::back_inserter(own), [&](const api::ObjectPtr& slice) {
        return api::text_at(slice->document(), {"addressType"}) == family;
      });
      plan.add(plan_slices(metadata, family, groups_of(key, service, pods, family == "IPv6"), own));
    }
    return plan;
  }

  std::vector<SliceGroup> groups_of(const std::string& key, const api::Object& service,
                                    const std::vector<api::ObjectPtr>& pods, bool ipv6) {
    const bool publish = api::flag_at(service.document(), {"spec", "publishNotReadyAddresses"});
    std::map<std::string, SliceGroup> groups;
    for (const api::ObjectPtr& pod : pods) {
      const std::string_view address = pod_address(*pod, ipv6);
      if (!belongs_to_endpoints(*pod, true) || address.empty()) continue;
      const std::string_view node_name = api::text_at(pod->document(), {"spec", "nodeName"});
      const api::ObjectPtr node = node_name.empty() ? nullptr : nodes_->objects().get(node_name);
      if (!node_name.empty() && !node && !publish) {
        without_node_.insert(key);
        continue;
      }
      json::array ports = slice_ports(service, *pod);
      SliceGroup& group = groups[api::to_text(ports)];
      if (group.endpoints.empty()) group.ports = std::move(ports);
      group.endpoints.push_back(slice_endpoint(service, *pod, address, node.get()));
    }
    std::vector<SliceGroup> all;
    for (auto& [ports, group] : groups) all.push_back(std::move(group));
    return all;
  }

  const std::shared_ptr<client::Informer> services_, pods_, nodes_, slices_;
  SliceWriter writer_;
  TriggerTimes times_;
  std::set<std::string> without_node_;  // services with a pod on a node that is not there (yet)
};

}  // namespace

Loop make_endpointslice_controller(const Environment& environment) {
  return std::make_unique<EndpointSliceController>(environment);
}

}  // namespace cove::controllers
