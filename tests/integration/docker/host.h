// A coved with its container engine, a registry with stand-ins for Docker Hub's images beside it,
// and clients pointed at them. Needs root in private namespaces, which main() of this program
// makes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/coved/harness.h"
#include "tests/support/image_server.h"

namespace cove::testing {

// The versions of docker that the tests run with: "docker" (newest) and "docker-20.10".
std::vector<std::string> docker_versions();

class EngineHost {
 public:
  EngineHost();
  ~EngineHost();
  EngineHost(const EngineHost&) = delete;

  // Starts the mirror of docker.io and coved. False, with the reason in trouble(), when one of them
  // does not start.
  // `more`: options of coved.
  bool start(std::vector<std::string> more = {});
  // Ends coved as a stop or a crash does, and starts it anew with the same data.
  // `more`: in the place of start()'s.
  bool restart(int signal, std::optional<std::vector<std::string>> more = std::nullopt);
  const std::string& trouble() const { return trouble_; }

  // "127.0.0.1:5000": a registry that is empty at first and takes everything.
  std::string registry() const;
  // coved's, which is there before it starts.
  Path data() const { return coved_.data(); }
  // For kubectl and others; there once it has started.
  Path kubeconfig() const { return coved_.kubeconfig(); }
  // A folder of this host alone, where commands run.
  const Path& folder() const { return folder_; }

  // `sh -c command` with docker of that version first in PATH and pointed at the engine, and the
  // newest kubectl.
  Completed shell(const std::string& version, const std::string& command,
                  std::chrono::seconds timeout = std::chrono::seconds(60)) const;
  std::string log() const { return coved_.log(); }

 private:
  std::vector<std::string> options() const;

  TempDir directory_;
  Path folder_;
  std::optional<test::ImageServer> mirror_;
  std::optional<test::ImageServer> registry_;
  Coved coved_;
  std::vector<std::string> more_;
  std::string trouble_;
};

}  // namespace cove::testing
