// The endpoint controller: Endpoints of services with a selector (kubernetes.io "Service",
// "Endpoints"; deprecated there in favour of EndpointSlices).

#include <fmt/format.h>

#include "core/controllers/endpoints_pods.h"
#include "core/controllers/endpoints_subsets.h"
#include "core/controllers/keyed_loop.h"
#include "core/controllers/list.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kOverCapacity = "endpoints.kubernetes.io/over-capacity";
constexpr std::string_view kManager = "endpoints.kubernetes.io/managed-by";
constexpr std::string_view kLeader = "control-plane.alpha.kubernetes.io/leader";

// Those that the controller wants, beside the service's own.
json::object wanted_labels(const api::Object& service) {
  json::object labels;
  if (const json::object* const own = api::object_at(service.document(), {"metadata", "labels"}))
    labels = *own;
  labels[api::key(kManager)] = "endpoint-controller";
  if (is_headless(service)) {
    labels[api::key(kHeadlessLabel)] = "";
  } else {
    labels.erase(kHeadlessLabel);
  }
  return labels;
}

bool same_or_absent(const json::value* a, const json::value& b) {
  if (a != nullptr) return api::same(*a, b);
  return b.is_array() ? b.get_array().empty() : b.get_object().empty();
}

class EndpointsController final : public KeyedLoop {
 public:
  explicit EndpointsController(const Environment& environment)
      : KeyedLoop(environment, {.name = "endpoints-controller",
                                .account = "endpoint-controller",
                                .component = "endpoint-controller"}),
        services_(informer(core_resource("services"))),
        pods_(informer(core_resource("pods"))),
        endpoints_(informer(core_resource("endpoints"))) {
    index_services_and_pods(*services_, *pods_);
    queue_each(services_);
    handle(pods_, services_of_pods(*services_, queue()));
    handle(endpoints_, {.added =
                            [this](const api::ObjectPtr& object, bool initial) {
                              // Those whose service went while nobody looked.
                              if (initial) queue().add(client::key_of(*object));
                            },
                        .deleted = [this](const api::ObjectPtr& object,
                                          bool) { queue().add(client::key_of(*object)); }});
  }

 private:
  void reconcile(const std::string& key, const Done& done) override {
    const api::ObjectPtr service = services_->objects().get(key);
    const api::ObjectPtr current = endpoints_->objects().get(key);
    if (!service) return remove(key, current, done);
    if (service_selector(*service) == nullptr) return done(client::Reconciled{});
    const auto pods = pods_of_service(pods_->objects(), *service);
    const std::string trigger = times_.update(key, *service, pods);
    json::value subsets(make_subsets(*service, pods));
    const bool cut = truncate_subsets(subsets.get_array());
    const json::value labels(wanted_labels(*service));
    if (current && same_or_absent(api::value_at(current->document(), {"subsets"}), subsets) &&
        same_or_absent(api::value_at(current->document(), {"metadata", "labels"}), labels) &&
        cut == (api::value_at(current->document(), {"metadata", "annotations", kOverCapacity}) !=
                nullptr)) {
      return done(client::Reconciled{});
    }
    json::object next = current ? current->document() : fresh(*service);
    next["subsets"] = std::move(subsets);
    api::set_at(next, {"metadata", "labels"}, labels);
    set_trigger_time(next, trigger);
    if (cut) {
      api::set_at(next, {"metadata", "annotations", kOverCapacity}, "truncated");
    } else {
      api::erase_at(next, {"metadata", "annotations", kOverCapacity});
    }
    write(next, service, current, done);
  }

  static json::object fresh(const api::Object& service) {
    return {
        {"apiVersion", "v1"},
        {"kind", "Endpoints"},
        {"metadata",
         {{"name", api::key(service.name())}, {"namespace", api::key(service.namespace_name())}}}};
  }

  void write(const json::object& next, const api::ObjectPtr& service, const api::ObjectPtr& current,
             const Done& done) {
    const auto client = api(core_resource("endpoints"), service->namespace_name());
    const auto answered = guarded([this, service, current, done](const Answer& answer) {
      if (answer) return done(client::Reconciled{});
      const client::ApiError& error = answer.error();
      if (!current && error.has_cause("NamespaceTerminating")) return done(client::Reconciled{});
      if (!error.is_conflict() && !error.is_already_exists()) {
        const std::string key = client::key_of(*service);
        if (current) {
          events_.event(*current, "Warning", "FailedToUpdateEndpoint",
                        fmt::format("Failed to update endpoint {}: {}", key, error.message));
        } else {
          events_.event(
              *service, "Warning", "FailedToCreateEndpoint",
              fmt::format("Failed to create endpoint for service {}: {}", key, error.message));
        }
      }
      done(error);
    });
    auto operation =
        current ? client.update(next, {}, answered) : client.create(next, {}, answered);
    operation.release();
  }

  void remove(const std::string& key, const api::ObjectPtr& current, const Done& done) {
    times_.forget(key);
    // Those of a leader election stand for no service.
    if (!current ||
        api::value_at(current->document(), {"metadata", "annotations", kLeader}) != nullptr) {
      return done(client::Reconciled{});
    }
    const auto client = api(core_resource("endpoints"), current->namespace_name());
    client
        .remove(current->name(), {.uid = std::string(current->uid())},
                guarded([done](const client::ApiResult<void>& answer) {
                  if (!answer && !answer.error().is_not_found()) return done(answer.error());
                  done(client::Reconciled{});
                }))
        .release();
  }

  const std::shared_ptr<client::Informer> services_, pods_, endpoints_;
  TriggerTimes times_;
};

}  // namespace

Loop make_endpoints_controller(const Environment& environment) {
  return std::make_unique<EndpointsController>(environment);
}

}  // namespace cove::controllers
