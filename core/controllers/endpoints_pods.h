// What the controllers of Endpoints and EndpointSlices have in common: which pods stand behind a
// service, by what ports, and when that last changed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/client/informer.h"
#include "core/client/work_queue.h"

namespace cove::controllers {

namespace json = boost::json;

inline constexpr std::string_view kHeadlessLabel = "service.kubernetes.io/headless";
inline constexpr std::string_view kTriggerTimeAnnotation =
    "endpoints.kubernetes.io/last-change-trigger-time";
inline constexpr std::string_view kManagedByLabel = "endpointslice.kubernetes.io/managed-by";
inline constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";

// Null: the service has no selector, and its endpoints are somebody else's business.
const json::object* service_selector(const api::Object& service);
bool is_headless(const api::Object& service);

// Pods by labels, services by the labels they demand.
void index_services_and_pods(client::Informer& services, client::Informer& pods);
std::vector<api::ObjectPtr> pods_of_service(const client::Indexer& pods,
                                            const api::Object& service);
// For the pods: queues the services that each change touches. Both must outlive it.
client::Handler services_of_pods(const client::Informer& services, client::WorkQueue& queue);

// It has an address and has not ended; one that is being deleted only `with_terminating`.
bool belongs_to_endpoints(const api::Object& pod, bool with_terminating);
// Its address of the family; empty: it has none.
std::string_view pod_address(const api::Object& pod, bool ipv6);
// The number of a service's port at this pod; nothing when no container has the name.
std::optional<std::int64_t> target_port(const api::Object& pod, const json::object& service_port);
// By which DNS tells it from the service's other pods; empty: by nothing.
std::string_view endpoint_hostname(const api::Object& pod, const api::Object& service);
json::object pod_reference(const api::Object& pod);

// When what endpoints are made of changed, for kTriggerTimeAnnotation. Holds one entry a service
// that it was asked about and one for each of its pods.
class TriggerTimes {
 public:
  // The earliest change since the last call for this service; empty: nothing that is known of.
  std::string update(const std::string& key, const api::Object& service,
                     const std::vector<api::ObjectPtr>& pods);
  void forget(const std::string& key) { states_.erase(key); }

 private:
  struct State {
    std::string service;
    std::map<std::string, std::string, std::less<>> pods;
  };
  std::map<std::string, State, std::less<>> states_;
};

// Sets the annotation, or takes it away when `time` is empty.
void set_trigger_time(json::object& object, std::string_view time);

}  // namespace cove::controllers
