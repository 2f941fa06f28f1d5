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

// As people write an image's name: "nginx:latest" for "docker.io/library/nginx". What is no name
// stays as it is.
std::string familiar_name(std::string_view image);

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

// A line of an image's history, newest first. Layers of a base that was built elsewhere have no id.
struct HistoryEntry {
  std::string id;
  std::int64_t created = 0;  // seconds since 1970
  std::string command;
  std::uint64_t size = 0;
};

// An image and what removing it would free.
struct ImageUse {
  ImageSummary image;
  std::uint64_t own_size = 0;  // of layers that no other image has
  bool used = false;           // by a container, running or not
};

struct PublishedPort {
  std::string address;  // of the node; empty when it is not published
  std::uint16_t public_port = 0;
  std::uint16_t private_port = 0;
  std::string protocol;
  bool operator==(const PublishedPort&) const = default;
};

struct ContainerSummary {
  std::string id;
  std::string name;
  std::string image;     // as it was asked for
  std::string image_id;  // "sha256:…"
  std::string command;
  std::string state;             // "created", "running", "paused", "restarting", "exited", "dead"
  std::string status;            // "Up 5 minutes (healthy)"
  std::optional<int> exit_code;  // of one that has exited
  std::int64_t created = 0;      // seconds since 1970
  std::vector<PublishedPort> ports;
};

// A sample of what a container has used so far. CPU shares are differences between two samples.
struct ContainerUsage {
  std::uint64_t cpu_ns = 0;
  std::uint64_t host_cpu_ns = 0;  // of all processors
  unsigned cpus = 1;
  std::uint64_t memory = 0;  // without cached files that are not in use
  std::uint64_t memory_limit = 0;
  std::uint64_t processes = 0;
  std::uint64_t received = 0;  // bytes, all networks
  std::uint64_t sent = 0;
  std::uint64_t read = 0;  // bytes, all disks
  std::uint64_t written = 0;
  bool running = false;
};

struct EngineEvent {
  std::string type;    // "image", "container"
  std::string action;  // "tag", "start", "die" …
  std::string actor;   // the image's or container's id
};

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
  Result<std::vector<HistoryEntry>> history(std::string_view image,
                                            std::stop_token stop = {}) const;
  // As `docker image inspect` prints it.
  Result<boost::json::object> inspect_image(std::string_view image,
                                            std::stop_token stop = {}) const;
  // Every image with what it alone holds.
  Result<std::vector<ImageUse>> image_uses(std::stop_token stop = {}) const;
  // Removes images without a name, or with `all` every image that no container has. Returns the
  // bytes freed. The engine does not count what pods use as containers do.
  Result<std::uint64_t> prune_images(bool all, std::stop_token stop = {}) const;
  // What the engine says it loaded, a line each.
  Result<void> load(Source archive, const OnText& text, std::stop_token stop = {}) const;
  Result<void> save(const std::vector<std::string>& images, const Sink& sink,
                    std::stop_token stop = {}) const;
  // `context` is a tar. Returns the image's id.
  Result<std::string> build(const BuildOptions& options, Source context, const OnText& text,
                            std::stop_token stop = {}) const;

  // With those that have ended.
  Result<std::vector<ContainerSummary>> containers(std::stop_token stop = {}) const;
  // As `docker inspect` prints it.
  Result<boost::json::object> inspect_container(std::string_view container,
                                                std::stop_token stop = {}) const;
  Result<void> start(std::string_view container, std::stop_token stop = {}) const;
  // Asks it to end, and ends it after the engine's own patience of 10 s.
  Result<void> stop(std::string_view container, std::stop_token stop = {}) const;
  Result<void> restart(std::string_view container, std::stop_token stop = {}) const;
  // `signal` as kill(1) names it: "KILL", "TERM".
  Result<void> kill(std::string_view container, std::string_view signal,
                    std::stop_token stop = {}) const;
  // One that runs is ended with `force`, and is kConflict without.
  Result<void> remove_container(std::string_view container, bool force,
                                std::stop_token stop = {}) const;
  // Both of its streams as they are written, the newest `tail` lines first; with `follow` until it
  // ends.
  Result<void> logs(std::string_view container, unsigned tail, bool follow, const OnText& text,
                    std::stop_token stop = {}) const;
  Result<ContainerUsage> usage(std::string_view container, std::stop_token stop = {}) const;
  // What happens to images and containers from now on, until `stop` or the connection's end, which
  // is kUnavailable. `opened` comes first: what happens after it is told.
  Result<void> events(const std::function<void()>& opened,
                      const std::function<void(const EngineEvent&)>& event,
                      std::stop_token stop = {}) const;

 private:
  Result<void> act_on(std::string_view container, const std::string& action,
                      const std::string& path,
                      const std::vector<std::pair<std::string, std::string>>& query,
                      std::stop_token stop) const;
  class Implementation;
  explicit EngineClient(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::docker
