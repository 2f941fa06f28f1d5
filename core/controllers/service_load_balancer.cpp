// The service controller's part for load balancers: services of that type get an address that works
// on the host (kubernetes.io "Service", type LoadBalancer).

#include "core/controllers/service_load_balancer.h"

#include "core/api/names.h"
#include "core/controllers/keyed_loop.h"
#include "core/controllers/list.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kByType = "service-type";
constexpr std::string_view kLoadBalancer = "LoadBalancer";

// Where the host reaches the node: what it says itself, or its own address.
std::string_view address_of(const api::Object& node) {
  const std::string_view told =
      api::text_at(node.document(), {"metadata", "annotations", kHostAddress});
  if (!told.empty()) return told;
  if (const json::array* const all = api::array_at(node.document(), {"status", "addresses"})) {
    for (const json::value& each : *all) {
      if (each.is_object() && api::text_at(each.get_object(), {"type"}) == "InternalIP")
        return api::text_at(each.get_object(), {"address"});
    }
  }
  return "";
}

json::array ingress_of(std::string_view address) {
  if (!api::check_ip(address).empty()) return {json::object{{"hostname", api::key(address)}}};
  return {json::object{{"ip", api::key(address)}, {"ipMode", "VIP"}}};
}

class LoadBalancerController final : public KeyedLoop {
 public:
  explicit LoadBalancerController(const Environment& environment)
      : KeyedLoop(environment, {.name = "service-lb-controller",
                                .account = "service-controller",
                                .component = "service-controller"}),
        services_(informer(core_resource("services"))),
        nodes_(informer(core_resource("nodes"))) {
    services_->add_index(kByType, [](const api::Object& service) -> std::vector<std::string> {
      return {std::string(api::text_at(service.document(), {"spec", "type"}))};
    });
    queue_each(services_);
    handle(nodes_, {.added = [this](const api::ObjectPtr&, bool) { nodes_changed(); },
                    .updated =
                        [this](const api::ObjectPtr& old, const api::ObjectPtr& now) {
                          if (address_of(*old) != address_of(*now)) nodes_changed();
                        },
                    .deleted = [this](const api::ObjectPtr&, bool) { nodes_changed(); }});
  }

 private:
  void nodes_changed() {
    for (const api::ObjectPtr& service : services_->objects().by_index(kByType, kLoadBalancer))
      queue().add(client::key_of(*service));
  }

  std::string address() const {
    for (const api::ObjectPtr& node : nodes_->objects().list()) {
      if (const std::string_view found = address_of(*node); !found.empty())
        return std::string(found);
    }
    return {};
  }

  void reconcile(const std::string& key, const Done& done) override {
    const api::ObjectPtr service = services_->objects().get(key);
    if (!service || service->deleting()) return done(client::Reconciled{});
    const json::value* const now =
        api::value_at(service->document(), {"status", "loadBalancer", "ingress"});
    const bool wanted = api::text_at(service->document(), {"spec", "type"}) == kLoadBalancer;
    if (!wanted) {
      if (now == nullptr) return done(client::Reconciled{});
      return write(service, nullptr, "DeletedLoadBalancer", "Deleted load balancer", done);
    }
    // One of a class is the business of whoever implements the class.
    const std::string at = address();
    if (at.empty() || !api::text_at(service->document(), {"spec", "loadBalancerClass"}).empty()) {
      return done(client::Reconciled{});
    }
    json::value ingress(ingress_of(at));
    if (now != nullptr && api::same(*now, ingress)) return done(client::Reconciled{});
    write(service, std::move(ingress), "EnsuredLoadBalancer", "Ensured load balancer", done);
  }

  void write(const api::ObjectPtr& service, json::value ingress, std::string_view reason,
             std::string_view message, const Done& done) {
    const json::object patch{{"metadata", {{"uid", api::key(service->uid())}}},
                             {"status", {{"loadBalancer", {{"ingress", std::move(ingress)}}}}}};
    api(core_resource("services"), service->namespace_name())
        .patch(service->name(), client::PatchType::kMerge, patch, {.subresource = "status"},
               guarded([this, service, reason, message, done](const Answer& answer) {
                 if (!answer && answer.error().is_not_found()) return done(client::Reconciled{});
                 if (!answer) return done(answer.error());
                 events_.event(*service, "Normal", reason, message);
                 done(client::Reconciled{});
               }))
        .release();
  }

  const std::shared_ptr<client::Informer> services_, nodes_;
};

}  // namespace

Loop make_service_load_balancer_controller(const Environment& environment) {
  return std::make_unique<LoadBalancerController>(environment);
}

}  // namespace cove::controllers
