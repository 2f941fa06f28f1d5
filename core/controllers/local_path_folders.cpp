#include "core/controllers/local_path_folders.h"

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
      if (is_mine(*volume)) controller_.queue().add(std::string(volume->name()));
    };
    registration_ = volumes_->add_handler(
        {.added = [look](const api::ObjectPtr& volume, bool) { look(volume); },
         .updated = [look](const api::ObjectPtr&, const api::ObjectPtr& now) { look(now); }});
  }

  std::string_view name() const override { return "local-path-folders"; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 private:
  using Done = client::Controller::Done;

  bool is_mine(const api::Object& volume) const {
    return local_path_cleanup(volume) != LocalPathCleanup::kNothing &&
           local_path_node(volume) == place_.host;
  }

  void reconcile(const std::string& key, Done done) {
    const api::ObjectPtr volume = volumes_->objects().get(key);
    if (!volume || !is_mine(*volume)) return done(client::Reconciled{});
    if (local_path_cleanup(*volume) == LocalPathCleanup::kKeep) return release(volume, done);
    const Path folder = place_.directory / key;
    const bool named = key.starts_with("pvc-") && key.find('/') == std::string::npos;
    if (!named ||
        api::text_at(volume->document(), {"spec", "hostPath", "path"}) != folder.string()) {
      environment_.logger.warn("a volume's folder is not where it should be, and stays",
                               {{"volume", key}});
      return release(volume, done);
    }
    place_.remove(folder, [&executor = environment_.executor,
                           removed = std::function<void(Result<void>)>(
                               guard_([this, volume, done](const Result<void>& result) {
                                 if (result) return release(volume, done);
                                 done(client::no_answer(result.error()));
                               }))](Result<void> result) {
      executor.post([removed, result = std::move(result)] { removed(result); });
    });
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
