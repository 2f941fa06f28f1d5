// resolv.conf(5): what this machine's says, and what a container's shall say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cove::network {

struct ResolverSettings {
  std::vector<std::string> servers, search, options;
};

// At most 16 of each; what is not understood is left out.
ResolverSettings parse_resolver_file(std::string_view text);
std::string format_resolver_file(const ResolverSettings& settings);

// For a container without a resolver of ours: servers on this machine's loopback cannot be reached
// from inside and are left out; when none remains, public ones stand in, as Docker does.
std::vector<std::string> servers_for_container(const std::vector<std::string>& servers);

// "ndots:0", unless the options say something else about dots: names of containers have none.
void add_default_dots(std::vector<std::string>& options);

}  // namespace cove::network
