#include "core/controllers/local_path_folders.h"

#include <set>

#include "core/controllers/callback_guard.h"
#include "core/controllers/local_path.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kAccount = "local-path-provisioner";
const client::Resource kVolumes{"", "v1", "persistentvolumes"};

class LocalPathFolders final : public ControlLoop {
 public:
  LocalPathFolders(const Environment& environment, LocalPathPlace place)
      : environment_(environment),
        place_(std::move(place)),
        transport_(environment.as(kAccount)),
        volumes_(environment.informers.informer({kVolumes})),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "local-path-folders", .workers = 2},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    const auto look = [this](const api::ObjectPtr& volume) {
      if (wants(*volume)) controller_.queue().add(std::string(volume->name()));
    };
    registration_ = volumes_->add_handler(
        {.added = [look](const api::ObjectPtr& volume, bool) { look(volume); },
         .updated = [look](const api::ObjectPtr&, const api::ObjectPtr& now) { look(now); },
         .deleted = [this](const api::ObjectPtr& last,
                           bool) { made_.erase(std::string(last->name())); }});
  }

  std::string_view name() const override { return "local-path-folders"; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 private:
  using Done = client::Controller::Done;

  // Whether there is something to do about it here.
  bool wants(const api::Object& volume) const {
    if (local_path_node(volume) != place_.host) return false;
    if (!volume.deleting()) return !made_.contains(volume.name());
    return local_path_cleanup(volume) != LocalPathCleanup::kNothing;
  }

  void reconcile(const std::string& key, Done done) {
    const api::ObjectPtr volume = volumes_->objects().get(key);
    if (!volume || !wants(*volume)) return done(client::Reconciled{});
    const Path folder = place_.directory / key;
    const bool ours =
        key.starts_with("pvc-") && key.find('/') == std::string::npos &&
        api::text_at(volume->document(), {"spec", "hostPath", "path"}) == folder.string();
    if (!ours) {
      environment_.logger.warn("a volume's folder is not where it should be, and stays",
                               {{"volume", key}});
    }
    if (!volume->deleting()) {
      made_.insert(key);
      if (!ours) return done(client::Reconciled{});
      return place_.make(folder, here([this, key, done](const Result<void>& result) {
                           if (result) return done(client::Reconciled{});
                           made_.erase(key);
                           done(client::no_answer(result.error()));
                         }));
    }
    if (!ours || local_path_cleanup(*volume) == LocalPathCleanup::kKeep)
      return release(volume, done);
    place_.remove(folder, here([this, volume, done](const Result<void>& result) {
                    if (result) return release(volume, done);
                    done(client::no_answer(result.error()));
                  }));
  }

  // What is called from any thread, on the executor.
  LocalPathPlace::Done here(std::function<void(const Result<void>&)> callback) {
    return [&executor = environment_.executor,
            guarded = std::function<void(const Result<void>&)>(guard_(std::move(callback)))](
               Result<void> result) {
      executor.post([guarded, result = std::move(result)] { guarded(result); });
    };
  }

  void release(const api::ObjectPtr& volume, const Done& done) {
    client::ResourceClient(transport_, kVolumes)
        .update(without_local_path_finalizer(*volume), {}, guard_([done](auto written) {
                  if (!written && !written.error().is_not_found()) return done(written.error());
                  done(client::Reconciled{});
                }))
        .release();
  }

  const Environment environment_;
  const LocalPathPlace place_;
  client::Transport& transport_;
  const std::shared_ptr<client::Informer> volumes_;
  std::set<std::string, std::less<>> made_;  // volumes whose folders were seen to
  client::Controller controller_;
  client::Registration registration_;
  const CallbackGuard guard_;
};

}  // namespace

std::unique_ptr<ControlLoop> make_local_path_folders(const Environment& environment,
                                                     LocalPathPlace place) {
  return std::make_unique<LocalPathFolders>(environment, std::move(place));
}

}  // namespace cove::controllers
