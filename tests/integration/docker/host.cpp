#include "tests/integration/docker/host.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "core/base/strings.h"
#include "tests/support/golden.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;

// Nobody else listens in this network namespace.
constexpr const char* kEngine = "127.0.0.1:2376";

std::string environment(const char* name, const std::string& otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

Path cache() {
  return Path(environment("XDG_CACHE_HOME", environment("HOME", "/root") + "/.cache")) / "cove";
}

Path client_folder(const std::string& version) {
  return Path(environment("COVE_CLIENTS", (cache() / "clients").string())) / version / "usr/bin";
}

}  // namespace

std::vector<std::string> docker_versions() {
  return {"docker", "docker-20.10"};
}

EngineHost::EngineHost()
    : folder_(directory_.path() / "here"), coved_(directory_.path(), Coved::Runs::kCluster) {
  std::filesystem::create_directories(folder_);
  std::filesystem::create_directories(directory_.path() / "registry");
  std::filesystem::create_directories(directory_.path() / "certificates");
}

EngineHost::~EngineHost() {
  // Containers outlive coved: it ends them while it can.
  shell("docker", "docker ps -aq | xargs -r docker rm -f >/dev/null 2>&1");
  // Its bridges go with it, or the next one would have to find other addresses.
  coved_.signal(SIGTERM);
  coved_.wait();
}

std::vector<std::string> EngineHost::options() const {
  std::vector<std::string> all{
      "--node-name",
      "alpha",
      "--engine-listen",
      kEngine,
      "--images",
      (Path(environment("COVE_BINARY_DIR", "build/dev")) / "share/cove/images").string(),
      "--registry-mirror",
      fmt::format("http://127.0.0.1:{}", mirror_->port()),
      "--insecure-registry",
      registry()};
  all.insert(all.end(), more_.begin(), more_.end());
  return all;
}

bool EngineHost::start(std::vector<std::string> more) {
  more_ = std::move(more);
  const Path storage = test::test_images() / "registry";
  if (!std::filesystem::exists(storage)) {
    trouble_ = storage.string() + " is missing: run tests/support/images/build first";
    return false;
  }
  const Path program = source_path("tests/support/images/serve");
  for (const bool writable : {false, true}) {
    const Path from = writable ? directory_.path() / "registry" : storage;
    auto server = test::ImageServer::start(program, from, directory_.path(), writable);
    if (!server) return trouble_ = server.error().message(), false;
    (writable ? registry_ : mirror_) = std::move(*server);
  }
  if (!coved_.start(options())) return trouble_ = coved_.log(), false;
  for (const auto& [theirs, ours] : std::vector<std::pair<const char*, const char*>>{
           {"ca.pem", "ca.crt"}, {"cert.pem", "admin.crt"}, {"key.pem", "admin.key"}}) {
    std::filesystem::copy_file(coved_.data() / "pki" / ours,
                               directory_.path() / "certificates" / theirs,
                               std::filesystem::copy_options::overwrite_existing);
  }
  return true;
}

bool EngineHost::restart(int signal, std::optional<std::vector<std::string>> more) {
  if (more) more_ = std::move(*more);
  coved_.signal(signal);
  coved_.wait();
  if (coved_.start(options())) return true;
  trouble_ = coved_.log();
  return false;
}

std::string EngineHost::registry() const {
  return fmt::format("127.0.0.1:{}", registry_->port());
}

Completed EngineHost::shell(const std::string& version, const std::string& command,
                            std::chrono::seconds timeout) const {
  Command sh;
  sh.argv = {"/bin/sh", "-c", command};
  sh.working_directory = folder_;
  sh.environment = {
      fmt::format("PATH={}:{}:/usr/sbin:/usr/bin:/sbin:/bin", client_folder(version).string(),
                  client_folder("kubectl").string()),
      "KUBECONFIG=" + coved_.kubeconfig().string(),
      "HOME=" + (directory_.path() / version).string(),
      "DOCKER_HOST=tcp://" + std::string(kEngine),
      "DOCKER_TLS_VERIFY=1",
      "DOCKER_CERT_PATH=" + (directory_.path() / "certificates").string(),
      "DOCKER_BUILDKIT=0",
      "DOCKER_CLI_HINTS=false",
      "COMPOSE_INTERACTIVE_NO_CLI=1",
      "PYTHONDONTWRITEBYTECODE=1",
      "REGISTRY=" + registry(),
      "SOURCE=" + std::filesystem::absolute(source_path(".")).string(),
      "LANG=C.UTF-8",
      "TERM=dumb",
  };
  std::filesystem::create_directories(directory_.path() / version);
  auto completed = make_spawner()->run(sh, timeout);
  if (completed) return std::move(*completed);
  Completed failed;
  failed.exit_code = -1;
  failed.standard_error = completed.error().message() + "\n";
  return failed;
}

}  // namespace cove::testing
