// EngineClient: a container engine by the Docker Engine API (v1.24 and newer), for the command line
// and the desktop.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::docker {

struct EngineAddress {
  std::string host;   // $DOCKER_HOST: "tcp://127.0.0.1:2376", "unix:///var/lib/cove/engine.sock"
  Path certificates;  // $DOCKER_CERT_PATH: ca.pem, cert.pem, key.pem; unused for a socket
};

// What a registry asks for, as docker's own config.json keeps it.
struct Credentials {
  std::string username;
  Secret password;
  std::string server;
};
// Of the registry that `image` names, out of DIRECTORY/config.json (docker's `auths`); nothing when
// there are none. kCorrupt for a file that is not what docker writes.
Result<std::optional<Credentials>> stored_credentials(const Path& directory,
                                                      std::string_view image);

struct ImageSummary {
  std::string id;                    // "sha256:…"
  std::vector<std::string> tags;     // "nginx:1.25"
  std::vector<std::string> digests;  // "nginx@sha256:…"
  std::int64_t created = 0;          // seconds since 1970
  std::uint64_t size = 0;
};

// A line of a long operation.
struct Progress {
  std::string id;      // of a layer, or empty
  std::string status;  // "Downloading"
  std::uint64_t current = 0;
  std::uint64_t total = 0;
};
using OnProgress = std::function<void(const Progress&)>;
using OnText = std::function<void(std::string_view)>;
// At most `max` bytes; "" at the end.
using Source = std::function<Result<std::string>(std::size_t max)>;
using Sink = std::function<Result<void>(std::string_view)>;

struct BuildOptions {
  std::vector<std::string> tags;
  std::string dockerfile = "Dockerfile";
  std::map<std::string, std::string> build_args;
  std::map<std::string, std::string> labels;
  std::string target;
  bool no_cache = false;
  bool pull = false;
};

// Thread-safe; calls block. An answer that is not 2xx is an Error whose cause is the engine's own
// message, its code by the status (400 kInvalidArgument, 403 kPermissionDenied, 404 kNotFound, 409
// kConflict, 501 kUnsupported, 503 kUnavailable, others kInternal); what goes wrong on the way is
// as http::Client has it.
class EngineClient {
 public:
  // Reads the certificates; asks nothing yet.
  static Result<std::unique_ptr<EngineClient>> create(const EngineAddress& address);
  ~EngineClient();

  Result<std::vector<ImageSummary>> images(std::stop_token stop = {}) const;
  Result<void> pull(std::string_view image, const std::optional<Credentials>& credentials,
                    const OnProgress& progress, std::stop_token stop = {}) const;
  Result<void> push(std::string_view image, const std::optional<Credentials>& credentials,
                    const OnProgress& progress, std::stop_token stop = {}) const;
  Result<void> tag(std::string_view image, std::string_view name, std::stop_token stop = {}) const;
  // What was untagged and deleted, as `docker rmi` prints it.
  Result<std::vector<std::string>> remove(std::string_view image, bool force,
                                          std::stop_token stop = {}) const;
  // What the engine says it loaded, a line each.
  Result<void> load(Source archive, const OnText& text, std::stop_token stop = {}) const;
  Result<void> save(const std::vector<std::string>& images, const Sink& sink,
                    std::stop_token stop = {}) const;
  // `context` is a tar. Returns the image's id.
  Result<std::string> build(const BuildOptions& options, Source context, const OnText& text,
                            std::stop_token stop = {}) const;

 private:
  class Implementation;
  explicit EngineClient(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::docker
