// One stage's instructions, carried out one after the other.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/image/build/build.h"
#include "core/image/build/configure.h"
#include "core/image/build/copy.h"
#include "core/image/build/instruction.h"
#include "core/image/build/output.h"
#include "core/image/build/plan.h"

namespace cove::image::dockerfile {

// An image on the way: what a stage starts from, and what it has become.
struct Snapshot {
  Digest id;  // empty: scratch, nothing was built on it yet
  ImageConfig config;
};

// What the stages of one build share. Thread-safe.
class Session {
 public:
  Session(const Builder::Parts& parts, const BuildRequest& request, const Script& script,
          const Plan& plan, Tree context, Path scratch, std::optional<std::int64_t> epoch,
          Output& output, const OnProgress& pull_progress);

  const Builder::Parts& parts;
  const BuildRequest& request;
  const Script& script;
  const Plan& plan;
  const Tree context;
  const std::optional<std::int64_t> epoch;

  void write(std::size_t lane, std::string_view text, const std::stop_token& stop) {
    output_.write(lane, text, stop);
  }
  WallTime now() const;
  // A new folder of this build, on the layers' file system.
  Result<Path> folder(const std::string& purpose);

  // The local image, or a pulled one. Each name is looked for once in a build.
  Result<Snapshot> image(const std::string& name, const Platform& platform, std::stop_token stop);
  // Of a stage that is built.
  std::optional<Snapshot> result(std::size_t stage) const;
  void set_result(std::size_t stage, Snapshot snapshot);
  void note_declared(const std::set<std::string>& names);
  std::set<std::string> declared() const;

  std::vector<Path> lower(const ImageConfig& config) const;  // topmost first
  // An upper folder as a layer that nobody collects while the build runs.
  Result<Digest> commit_layer(const Path& upper, const ImageConfig& base, std::stop_token stop);

  // A child of `parent` that already is what this step would make.
  std::optional<Snapshot> find_cached(const Snapshot& parent, const std::string& created_by,
                                      const std::string& author, const RunConfig& config) const;
  // Adds the image of a step.
  Result<Snapshot> add_image(const Snapshot& parent, const std::string& created_by,
                             const std::string& author, const RunConfig& config,
                             const std::optional<Digest>& layer, const std::string& created) const;
  std::string created() const;

 private:
  std::optional<Snapshot> find_in_sources(const Snapshot& parent, const std::string& created_by,
                                          const std::string& author, const RunConfig& config) const;
  bool has_layers(const ImageConfig& config) const;
  void hold(const Snapshot& snapshot) const;
  Result<Snapshot> fetch(const std::string& name, const Platform& platform, std::stop_token stop);

  Path scratch_;
  Output& output_;
  const OnProgress& pull_progress_;
  std::vector<ImagePtr> cache_sources_;
  std::atomic<unsigned> folders_{0};
  mutable std::mutex mutex_;
  std::mutex pulling_;
  std::unique_ptr<ImageStore::Lease> lease_;
  std::map<std::string, Snapshot> images_;
  std::map<std::size_t, Snapshot> results_;
  std::set<std::string> declared_;
};

class StageBuilder {
 public:
  StageBuilder(Session& session, const PlannedStage& planned, std::size_t lane,
               std::stop_token stop);
  ~StageBuilder();
  StageBuilder(const StageBuilder&) = delete;
  StageBuilder& operator=(const StageBuilder&) = delete;
  // Errors name file and line.
  Result<Snapshot> run();

 private:
  Result<void> begin();
  Result<void> run_triggers(std::vector<std::string> triggers);
  Result<void> dispatch(const Instruction& instruction);

  Result<void> on(const Maintainer& maintainer);
  Result<void> on(const Copy& copy);
  Result<void> on(const Workdir& workdir);
  Result<void> on(const Run& run);
  Result<void> on(const Health& health);
  Result<void> on(const Arg& arg);
  Result<void> on(const From& from);
  // What changes the configuration alone.
  template <class T>
  Result<void> on(const T& instruction);

  // A step without files: a history entry.
  Result<void> commit_config(const std::string& comment);
  // Looks for the step in the cache; true: it is taken.
  bool probe(const std::string& created_by);
  Result<void> commit(const std::string& created_by, const std::optional<Digest>& layer);
  Result<Path> new_upper();
  // Nothing when the folder is empty.
  Result<std::optional<Digest>> layer_of(const Path& upper);

  struct CopySource;
  Result<void> fill_source(const Copy& copy, CopySource& source);
  Result<void> fetch_url(const Copy& copy, const std::string& url, std::size_t number,
                         CopySource& source);
  Result<void> copy_into(CopyTarget& target, const CopySource& source,
                         const std::string& destination, const CopyOptions& options);
  Result<bool> extract_into(CopyTarget& target, const Source& source,
                            const std::string& destination, const CopyOptions& options);

  void say(std::string_view text) { session_.write(lane_, text, stop_); }
  Result<std::string> expand(const std::string& text) const { return configurer_.expand(text); }
  std::string no_op(const std::string& comment) const;
  Result<Runner::Step> runner_step(const Run& run, std::string& created_by);
  std::string network_mode(const Run& run) const;
  // Has the runner begin with the next RUN in the file, once it is certain that steps are carried
  // out and not found.
  void look_ahead();

  Session& session_;
  const PlannedStage& planned_;
  const Stage& stage_;
  std::size_t lane_;
  std::stop_token stop_;
  Expansion expansion_;
  Arguments arguments_;
  Snapshot state_;
  RunConfig config_;  // as the current step changes it
  Configurer configurer_;
  std::string author_;
  bool cache_busted_ = false;
  std::size_t next_ = 0;  // the instruction after the one under way
  struct Ahead {
    std::string id, network_mode;
  };
  std::optional<Ahead> ahead_;  // the step that the runner has begun with
};

}  // namespace cove::image::dockerfile
