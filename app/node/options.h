// coved's command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/node/eviction.h"
#include "core/server/allocators.h"
#include "core/server/audit.h"

namespace cove::node {

struct Options {
  Path data_dir;
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 6443;
  Path kubeconfig_out;  // empty: none is written
  std::string node_name;
  Path pki_dir;  // empty: coved keeps its own authority in data_dir/pki
  LogFormat log_format = LogFormat::kText;
  server::Ipv4Range service_range;  // of Services' addresses
  Path audit_log;                   // empty: none is written
  server::AuditLevel audit_level = server::AuditLevel::kMetadata;
  std::string engine_address;  // of the container engine's TLS door; empty: there is none
  std::uint16_t engine_port = 0;
  std::vector<std::string> registry_mirrors;     // of docker.io, URLs
  std::vector<std::string> insecure_registries;  // domains or networks
  Path proxy_file;                               // empty: the environment says the proxies
  std::string version;                           // of Cove
  EvictionLimits eviction;
  Path manifests;         // of static pods; empty: data_dir/manifests
  Path log_dir;           // of the node's own logs, for its log pages; empty: none are shown
  bool api_only = false;  // nothing acts on the API's objects
  Path images;            // images that are loaded at the first start; empty: beside the program
};

// Exit codes of coved, as its man page and --help list them.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,     // anything not named below
  kExitUsage = 2,       // the command line or one of its values is wrong
  kExitInUse = 3,       // another coved has the data directory, or the port is taken
  kExitPermission = 4,  // the operating system refuses the directory, a file or the port
  kExitCorrupt = 5,     // stored files are not what coved wrote
  kExitNewer = 6,       // stored files were written by a newer version
  kExitExhausted = 7,   // disk, memory or descriptors are used up
};
ExitCode exit_code(const Error& error);

struct ShowText {
  std::string text;  // --help or --version: print it and leave with 0
};

// kInvalidArgument with one sentence when the command line is wrong.
Result<std::variant<Options, ShowText>> parse_options(int argc, const char* const* argv,
                                                      const std::string& host_name);

}  // namespace cove::node
