// The endpoint slice mirroring controller: EndpointSlices that say what Endpoints say which
// somebody made for a service without a selector (kubernetes.io "EndpointSlices", mirroring).

#include <set>

#include "core/api/names.h"
#include "core/controllers/endpoints_pods.h"
#include "core/controllers/endpointslice_writer.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kManager = "endpointslicemirroring-controller.k8s.io";
constexpr std::string_view kSkip = "endpointslice.kubernetes.io/skip-mirror";
constexpr std::string_view kLeader = "control-plane.alpha.kubernetes.io/leader";
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::size_t kMaxAddresses = 1000;  // of one subset

bool wants_mirror(const api::Object& endpoints) {
  return api::text_at(endpoints.document(), {"metadata", "labels", kSkip}) != "true" &&
         api::value_at(endpoints.document(), {"metadata", "annotations", kLeader}) == nullptr;
}

json::object endpoint_of(const json::object& address, bool ready) {
  json::object endpoint{{"addresses", json::array{api::key(api::text_at(address, {"ip"}))}},
                        {"conditions", {{"ready", ready}}}};
  for (const std::string_view field : {"hostname", "targetRef", "nodeName"}) {
    const json::value* const value = api::value_at(address, {field});
    if (value != nullptr) endpoint[api::key(field)] = *value;
  }
  return endpoint;
}

json::array ports_of(const json::object& subset) {
  json::array ports;
  const json::array* const all = api::array_at(subset, {"ports"});
  if (all == nullptr) return ports;
  for (const json::value& each : *all) {
    json::object port = each.get_object();
    api::set_default(port, "name", "");
    ports.push_back(std::move(port));
  }
  return ports;
}

// "IPv4" or "IPv6" to the groups of it.
std::map<std::string_view, std::map<std::string, SliceGroup>> groups_of(
    const api::Object& endpoints, bool& too_many) {
  std::map<std::string_view, std::map<std::string, SliceGroup>> types;
  const json::array* const subsets = api::array_at(endpoints.document(), {"subsets"});
  if (subsets == nullptr) return types;
  for (const json::value& each : *subsets) {
    const json::object& subset = each.get_object();
    std::size_t count = 0;
    for (const std::string_view list : {"addresses", "notReadyAddresses"}) {
      const json::array* const addresses = api::array_at(subset, {list});
      if (addresses == nullptr) continue;
      for (const json::value& address : *addresses) {
        if (++count > kMaxAddresses) {
          too_many = true;
          break;
        }
        const bool ipv6 = api::is_ipv6(api::text_at(address.get_object(), {"ip"}));
        json::array ports = ports_of(subset);
        SliceGroup& group = types[ipv6 ? "IPv6" : "IPv4"][api::to_text(ports)];
        group.ports = std::move(ports);
        group.endpoints.push_back(endpoint_of(address.get_object(), list == "addresses"));
      }
    }
  }
  return types;
}

SliceMetadata metadata_for(const api::Object& endpoints) {
  SliceMetadata metadata;
  metadata.namespace_name = endpoints.namespace_name();
  metadata.generate_name = slice_prefix(endpoints.name());
  if (const json::object* const own = api::object_at(endpoints.document(), {"metadata", "labels"}))
    metadata.labels = *own;
  metadata.labels[api::key(kServiceNameLabel)] = api::key(endpoints.name());
  metadata.labels[api::key(kManagedByLabel)] = api::key(kManager);
  if (const json::object* const own =
          api::object_at(endpoints.document(), {"metadata", "annotations"})) {
    metadata.annotations = *own;
    metadata.annotations.erase(kLastApplied);
    metadata.annotations.erase(kTriggerTimeAnnotation);
  }
  metadata.owner = controller_reference(endpoints);
  return metadata;
}

class MirroringController final : public KeyedLoop {
 public:
  explicit MirroringController(const Environment& environment)
      : KeyedLoop(environment, {.name = "endpointslice-mirroring-controller",
                                .account = "endpointslicemirroring-controller",
                                .component = "endpoint-slice-mirroring-controller"}),
        services_(informer(core_resource("services"))),
        endpoints_(informer(core_resource("endpoints"))),
        slices_(informer({"discovery.k8s.io", "v1", "endpointslices"})),
        writer_(environment, transport_, slices_, std::string(kManager)) {
    queue_each(services_);
    queue_each(endpoints_);
    handle_each(slices_, [this](const api::ObjectPtr& slice) {
      writer_.saw(*slice);
      if (const auto owner = writer_.owner_of(*slice)) queue().add(*owner);
    });
  }

 private:
  void reconcile(const std::string& key, const Done& done) override {
    const api::ObjectPtr endpoints = endpoints_->objects().get(key);
    const api::ObjectPtr service = services_->objects().get(key);
    const auto existing = writer_.slices_of(key);
    const json::object* const selector =
        service ? api::object_at(service->document(), {"spec", "selector"}) : nullptr;
    const bool wanted = endpoints && service && (selector == nullptr || selector->empty()) &&
                        wants_mirror(*endpoints);
    if (!wanted && existing.empty()) return done(client::Reconciled{});
    SlicePlan plan;
    if (wanted) {
      plan = make_plan(*endpoints, existing);
    } else {
      plan.remove = existing;
    }
    if (plan.empty()) return done(client::Reconciled{});
    const std::string trigger(wanted
                                  ? api::text_at(endpoints->document(), {"metadata", "annotations",
                                                                         kTriggerTimeAnnotation})
                                  : "");
    writer_.carry_out(key, std::move(plan), trigger,
                      guarded([done](const client::ApiResult<void>& result) {
                        if (!result) return done(result.error());
                        done(client::Reconciled{});
                      }));
  }

  SlicePlan make_plan(const api::Object& endpoints, const std::vector<api::ObjectPtr>& existing) {
    bool too_many = false;
    const auto types = groups_of(endpoints, too_many);
    if (too_many) {
      events_.event(endpoints, "Warning", "TooManyAddressesToMirror",
                    "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints "
                    "subset.");
    }
    const SliceMetadata metadata = metadata_for(endpoints);
    SlicePlan plan;
    for (const std::string_view type : {"IPv4", "IPv6"}) {
      std::vector<SliceGroup> desired;
      if (const auto found = types.find(type); found != types.end()) {
        for (const auto& [ports, group] : found->second) desired.push_back(group);
      }
      std::vector<api::ObjectPtr> own;
      std::ranges::copy_if(existing, std::back_inserter(own), [&](const api::ObjectPtr& slice) {
        return api::text_at(slice->document(), {"addressType"}) == type;
      });
      plan.add(plan_slices(metadata, type, desired, own,
                           {.most = kMaxAddresses, .keep_one_empty = false}));
    }
    return plan;
  }

  const std::shared_ptr<client::Informer> services_, endpoints_, slices_;
  SliceWriter writer_;
};

}  // namespace

Loop make_endpointslice_mirroring_controller(const Environment& environment) {
  return std::make_unique<MirroringController>(environment);
}

}  // namespace cove::controllers
