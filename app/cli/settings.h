// What a cluster can be asked for, as words: options of `cove start` and properties of
// `cove config`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "vm/provision/provisioner.h"

namespace cove::cli {

// All of these fail with kInvalidArgument whose cause is the whole sentence.
Result<unsigned> read_cpus(const std::string& text);
// At least one MiB; a bare number counts MiB, as with minikube.
Result<std::uint64_t> read_bytes(const std::string& text);
Result<std::string> read_mirror(const std::string& url);
Result<std::vector<std::string>> read_mirrors(const std::vector<std::string>& urls);

// One of --docker-env: "HTTP_PROXY=http://proxy.example:3128", or a name alone, which takes the
// environment's value, so that a password need not be in a command.
Result<void> read_docker_env(const std::string& text, const provision::Environment& environment,
                             provision::StartRequest& request);

struct Setting {
  std::string_view name;  // "memory"
  std::string_view
      variable;  // of the environment, where a value left out is taken from it; or empty
  std::string_view meaning;
  Result<void> (*read)(const std::string& text, provision::StartRequest& request);
  std::string (*show)(const provision::Wish& wish);  // passwords masked; empty: it is not set
  // What `unset` asks for; none where something must always be.
  void (*unset)(provision::StartRequest& request);
};
const std::vector<Setting>& settings();

}  // namespace cove::cli
