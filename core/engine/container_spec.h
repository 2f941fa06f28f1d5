// From a container's record to what the runtime starts.
#pragma once

#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/engine/container.h"
#include "core/engine/exchange.h"
#include "core/runtime/spec.h"

namespace cove::engine {

struct SpecInputs {
  const ContainerRecord& record;
  Path folder;              // has hosts, hostname, resolv.conf and the log
  std::vector<Path> lower;  // unpacked layers, topmost first
  runtime::UserIdentity user = {};
  runtime::Namespace network = {};
  Path pid_namespace = {};  // of the container whose it shares
  Path ipc_namespace = {};
};
// Docker's defaults and the record's wishes in one.
Outcome<runtime::ContainerSpec> make_spec(const SpecInputs& inputs);

// PATH, HOSTNAME, TERM and HOME where they are missing; an entry without "=" takes a name away.
std::vector<std::string> merge_environment(const std::vector<std::string>& base,
                                           const std::vector<std::string>& more);
// Where the log is; empty: nothing is kept.
Path log_file(const ContainerRecord& record, const Path& folder);

// Makes a folder and its parents inside `root`; never outside, whatever links say. New folders are
// `uid`'s and `gid`'s.
Result<void> make_folder_inside(const Path& root, const std::string& path, std::uint32_t uid,
                                std::uint32_t gid);

}  // namespace cove::engine
