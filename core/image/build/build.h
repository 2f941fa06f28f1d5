// Building images from Dockerfiles: the classic builder's behaviour (Dockerfile reference v1),
// multi-stage, cached by content.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/image/image_store.h"
#include "core/image/registry.h"

namespace cove::image {

// One RUN: a process in a root of its own. Implemented by who has containers.
class Runner {
 public:
  struct Step {
    std::string id;           // 64 hexadecimal digits, of this step alone
    std::vector<Path> lower;  // topmost first
    Path upper;               // an empty folder on the layers' file system
    Path work;                // overlay's work folder
    std::vector<std::string> args;
    std::vector<std::string> env;
    std::string working_dir;  // made when missing
    std::string user;         // "name", "uid:gid" …, looked up in the root's own files
    std::vector<std::pair<Path, std::string>>
        binds;                 // read-only: host path, path inside (heredocs)
    std::string network_mode;  // "default", "none", "host", "container:<id>"
    std::vector<std::string> extra_hosts;
    std::uint64_t memory_bytes = 0;  // 0: no limit
    std::uint64_t shm_bytes = 0;
    std::uint64_t cpu_shares = 0, cpu_period = 0, cpu_quota = 0;
    std::string cpuset;
    std::function<void()> running = nullptr;  // called once the process runs
  };
  using Output = std::function<void(std::string_view bytes)>;  // standard output and error, merged

  virtual ~Runner() = default;
  // The exit code; an Error when the process could not be started or `stop` was requested.
  virtual Result<int> run(const Step& step, const Output& output, std::stop_token stop) = 0;
  // Begins what the step of this id is going to need whatever it runs, beside everything else; what
  // goes wrong is said by its run(). Followed by either that or forget().
  virtual void prepare(const std::string& id, const std::string& network_mode) {
    static_cast<void>(id), static_cast<void>(network_mode);
  }
  // There will be no such step.
  virtual void forget(const std::string& id) { static_cast<void>(id); }
  // Waits until nothing is left of the steps that have ended. What is left of one may still be
  // going away while the next one runs.
  virtual void finish() {}
};

// Where `ADD https://…` gets its files from. Thread-safe; may block.
class Fetcher {
 public:
  struct Fetched {
    std::string file_name;                 // as Content-Disposition says; may be empty
    std::optional<std::int64_t> modified;  // Last-Modified, seconds since 1970
  };
  virtual ~Fetcher() = default;
  // The body in pieces; an Error for every status but 200. Redirects are followed.
  virtual Result<Fetched> get(const std::string& url, const ByteSink& sink,
                              std::stop_token stop) = 0;
};

struct BuildRequest {
  Path context;            // an unpacked folder; may be empty of anything but the Dockerfile
  std::string dockerfile;  // path inside the context ("Dockerfile")
  std::vector<Reference> tags;
  std::map<std::string, std::optional<std::string>> build_args;
  std::map<std::string, std::string> labels;
  std::string target;
  std::vector<std::string> cache_from;
  bool no_cache = false;
  bool pull = false;
  Platform platform;
  std::string network_mode;
  std::vector<std::string> extra_hosts;
  std::uint64_t memory_bytes = 0, shm_bytes = 0, cpu_shares = 0, cpu_period = 0, cpu_quota = 0;
  std::string cpuset;
  std::map<std::string, RegistryAuth> auth;  // by domain
};

struct BuildEvents {
  // What the classic builder prints: "Step 1/3 : FROM nginx\n", " ---> 5f70…\n",
  // " ---> Running in …\n", " ---> Using cache\n", the output of RUN, "Successfully built …\n".
  std::function<void(std::string_view text)> text;
  OnProgress pull_progress;
  // The id of the built image, once ("aux").
  std::function<void(const Digest& id)> built;
};

// Thread-safe. Errors are kInvalidArgument with "Dockerfile:12: …" as the cause for what is wrong
// in the file; a failing RUN says the command and its code, its output was shown. kCancelled when
// `stop` was requested. Stages that do not need each other are built at the same time; their texts
// come as if one after the other. Every step's result is an image with the one before as parent,
// and that is the cache: a child with the same history entry and the same configuration is used
// again.
class Builder {
 public:
  struct Parts {
    ImageStore& images;
    ContentStore& content;
    LayerStore& layers;
    Registries& registries;
    Runner& runner;
    Path scratch;  // on the layers' file system
    Path worker;
    const Clock& clock;
    Logger& logger;
    Fetcher* fetcher = nullptr;          // nothing: ADD of a URL is refused
    ImageStore::InUse in_use = nullptr;  // who holds images, for prune(); nothing: nobody
  };
  // Empties `scratch` of what a killed build left: one Builder has it for itself.
  explicit Builder(Parts parts);
  ~Builder();

  // The callbacks come from several threads, one at a time.
  Result<ImagePtr> build(const BuildRequest& request, const BuildEvents& events,
                         std::stop_token stop = {});
  struct Pruned {
    std::vector<std::string> ids;
    std::uint64_t bytes = 0;
  };
  // Removes what only the cache needs: built images without a name that no named image, container
  // or build stands on, and what no image has. `only` chooses among the images; nothing: all.
  using OnlyOf = std::function<bool(const Image& image)>;
  Result<Pruned> prune(const OnlyOf& only = nullptr);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::image
