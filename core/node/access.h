// PodAccess: into the containers of this node's pods: their logs, processes beside theirs, their
// terminals and ports (the kubelet's part of kubectl logs, exec, attach and port-forward).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.h"
#include "core/node/pods.h"
#include "core/runtime/runtime.h"

namespace cove::node {

struct CommandWish {
  std::vector<std::string> command;
  bool in = false, out = true, error = true, terminal = false;
};

// Thread-safe; all but find() block. An error's cause is a whole sentence for the client.
class PodAccess {
 public:
  // Both outlive it.
  PodAccess(const PodsOfNode& pods, runtime::Runtime& runtime) : pods_(pods), runtime_(runtime) {}

  std::optional<PodContainer> find(std::string_view namespace_name, std::string_view pod,
                                   std::string_view container) const;
  // The run whose log that is.
  Result<std::string> run_of_log(std::string_view namespace_name, std::string_view pod,
                                 std::string_view container, bool previous) const;
  Result<void> read_log(const std::string& run, const runtime::LogQuery& query,
                        const std::function<bool(const runtime::LogLine&)>& line,
                        std::stop_token stop) const;
  // As the container's user, with its environment, in its working directory.
  Result<std::unique_ptr<runtime::Runtime::Exec>> exec(std::string_view namespace_name,
                                                       std::string_view pod,
                                                       std::string_view container,
                                                       const CommandWish& wish,
                                                       runtime::Streams::Handlers handlers,
                                                       std::function<void(int)> ended) const;
  Result<std::unique_ptr<runtime::Streams>> attach(std::string_view namespace_name,
                                                   std::string_view pod, std::string_view container,
                                                   runtime::Streams::Handlers handlers) const;
  // A connected TCP socket, made inside of the pod's network namespace, to its own loopback
  // address.
  Result<Fd> connect_port(std::string_view namespace_name, std::string_view pod,
                          std::uint16_t port) const;
  runtime::Runtime& runtime() const { return runtime_; }

 private:
  Result<std::string> running(std::string_view namespace_name, std::string_view pod,
                              std::string_view container) const;

  const PodsOfNode& pods_;
  runtime::Runtime& runtime_;
};

// To 127.0.0.1, else ::1, within `bound`; in the namespace of the calling thread. The error's cause
// says why both failed.
Result<Fd> connect_loopback(std::uint16_t port, std::chrono::milliseconds bound);

}  // namespace cove::node
