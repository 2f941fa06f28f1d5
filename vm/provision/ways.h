// Ways to what a cluster serves, as this computer can go them.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "vm/provision/status.h"

namespace cove::provision {

// The port of this computer that leads to that port of the node; the same when none is known.
std::uint16_t host_port(const ClusterStatus& status, std::uint16_t node_port);

// One host and path of an Ingress.
struct IngressWay {
  std::string host;     // "*.example.com"; empty: any
  std::string path;     // "/"
  std::string service;  // "web:80", "web:http"; empty: the path leads to no service
  std::string url;
  // A command that asks for it. Hosts of Ingresses mean nothing to this computer's name server:
  // curl is told the address.
  std::string curl;
};

// In the Ingress' order. Documents need not be valid.
std::vector<IngressWay> ingress_ways(const ClusterStatus& status,
                                     const boost::json::object& ingress);

}  // namespace cove::provision
