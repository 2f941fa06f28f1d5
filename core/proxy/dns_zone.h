// ClusterZone: the records of a cluster (Kubernetes DNS-Based Service Discovery, version 1.1.0).
// Pure; answers are made when they are asked for.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/api/object.h"
#include "core/network/name_server.h"

namespace cove::proxy {

// Not thread-safe. A change costs as much as the Service it is about has records.
class ClusterZone {
 public:
  struct Parts {
    std::string domain;  // "cluster.local"
    network::Address server;
    std::vector<network::Subnet> subnets;  // of Services and pods: nobody else knows their names
  };
  explicit ClusterZone(Parts parts);

  // `key` is "namespace/name"; no service: it is gone.
  void set_service(const std::string& key, const api::ObjectPtr& service,
                   const std::vector<api::ObjectPtr>& slices);
  void set_namespace(const std::string& name, bool exists);

  // Nothing for names that are not the cluster's. `turn` chooses which of several addresses is
  // first.
  std::optional<network::NameSource::Answer> answer(const network::dns::Question& question,
                                                    std::size_t turn = 0) const;

 private:
  struct Target {
    std::uint16_t port = 0;
    std::string name;
    auto operator<=>(const Target&) const = default;
  };
  // What one Service says about a name.
  struct Data {
    std::set<network::Address> addresses;
    std::set<Target> targets;     // SRV
    std::set<std::string> names;  // PTR
    std::string alias;            // CNAME
  };
  using Records = std::map<std::string, Data>;  // by name
  using Answer = network::NameSource::Answer;

  std::string in_zone(std::string_view relative) const;
  void add_cluster_service(const api::Object& service, const std::string& name,
                           Records& records) const;
  void add_headless_service(const std::vector<api::ObjectPtr>& slices, const std::string& name,
                            Records& records) const;
  void count_name(std::string_view name, int by);
  bool is_in_zone(std::string_view name) const;
  std::optional<Data> find(const std::string& name) const;
  std::optional<Data> find_pod(std::string_view name) const;
  void fill(Answer& answer, const network::dns::Question& question, const Data& data,
            std::size_t turn, int depth) const;
  void add_addresses(std::vector<network::dns::Record>& records, const std::string& name,
                     const Data& data, std::uint16_t type, std::size_t turn) const;
  Answer negative(const std::string& zone, network::dns::ResponseCode code) const;

  const Parts parts_;
  std::unordered_map<std::string, std::map<std::string, Data>> data_;  // by name, by Service
  std::unordered_map<std::string, std::vector<std::string>> names_;    // of a Service
  std::unordered_map<std::string, int> existing_;  // names and those above them, inside the zone
  std::set<std::string, std::less<>> namespaces_;
  std::uint32_t serial_ = 1;
};

}  // namespace cove::proxy
