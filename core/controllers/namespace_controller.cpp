// Namespaces that are being deleted lose their content, and then themselves (kubernetes.io
// "Namespaces").

#include "core/api/time.h"
#include "core/controllers/callback_guard.h"
#include "core/controllers/list.h"
#include "core/controllers/namespace_content.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kAccount = "namespace-controller";
constexpr std::string_view kFinalizer = "kubernetes";
constexpr int kWorkers = 10;
const client::Resource kNamespaces{"", "v1", "namespaces"};

bool is_terminating(const api::Object& name_space) {
  const json::array* const finalizers =
      api::array_at(name_space.document(), {"spec", "finalizers"});
  return name_space.deleting() && finalizers != nullptr && !finalizers->empty();
}

class NamespaceController final : public ControlLoop {
 public:
  explicit NamespaceController(const Environment& environment)
      : environment_(environment),
        transport_(environment.as(kAccount)),
        namespaces_(environment.informers.informer({kNamespaces})),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "namespace-controller", .workers = kWorkers},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    const auto look = [this](const api::ObjectPtr& object) {
      if (is_terminating(*object)) controller_.queue().add(std::string(object->name()));
    };
    registrations_.push_back(namespaces_->add_handler(
        {.added = [look](const api::ObjectPtr& object, bool) { look(object); },
         .updated = [look](const api::ObjectPtr&, const api::ObjectPtr& now) { look(now); }}));
    // What keeps a namespace for long: once the last of them has gone it need not wait out the
    // estimate.
    for (const char* const plural : {"pods", "persistentvolumeclaims"}) {
      const auto informer = environment.informers.informer({client::Resource{"", "v1", plural}});
      client::Handler handler;
      handler.deleted = [this, held = std::weak_ptr(informer)](const api::ObjectPtr& last, bool) {
        const api::ObjectPtr name_space = namespaces_->objects().get(last->namespace_name());
        const auto from = held.lock();
        if (!name_space || !is_terminating(*name_space) || !from) return;
        const auto left = from->objects().by_index(client::kByNamespace, last->namespace_name());
        if (left.empty()) controller_.queue().add(std::string(name_space->name()));
      };
      registrations_.push_back(informer->add_handler(std::move(handler)));
      informers_.push_back(informer);
    }
  }

  std::string_view name() const override { return "namespace-controller"; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 private:
  using Done = client::Controller::Done;

  client::ResourceClient client() const { return {transport_, kNamespaces}; }

  void reconcile(const std::string& key, Done done) {
    client()
        .get(key, guard_([this, done = std::move(done)](auto found) {
               if (!found && !found.error().is_not_found()) return done(found.error());
               if (!found || !is_terminating(**found)) return done(client::Reconciled{});
               empty(*found, done);
             }))
        .release();
  }

  void empty(const api::ObjectPtr& name_space, const Done& done) {
    const WallTime now = environment_.clock.wall();
    const auto deleted =
        api::parse_time(api::text_at(name_space->document(), {"metadata", "deletionTimestamp"}));
    delete_content(transport_, std::string(name_space->name()), deleted ? *deleted : now, now,
                   guard_([this, name_space, done](NamespaceRemains remains) {
                     tell(name_space, std::move(remains), done);
                   }));
  }

  // What is wrong or remains is said; then the namespace is let go, or looked at again.
  void tell(const api::ObjectPtr& name_space, NamespaceRemains remains, const Done& done) {
    json::object next = name_space->document();
    api::set_at(next, {"status", "phase"}, "Terminating");
    if (!set_deletion_conditions(next, remains, environment_.clock.wall()))
      return conclude(name_space, remains, done);
    client()
        .update_status(next, {}, guard_([this, remains = std::move(remains), done](auto written) {
                         if (!written && written.error().is_not_found())
                           return done(client::Reconciled{});
                         if (!written) return done(written.error());
                         conclude(*written, remains, done);
                       }))
        .release();
  }

  void conclude(const api::ObjectPtr& name_space, const NamespaceRemains& remains,
                const Done& done) {
    if (!remains.errors.empty())
      return done(client::no_answer(ErrorCode::kUnavailable, remains.errors.front()));
    if (!remains.empty()) {
      return done(
          client::Reconciled{.again_after = std::chrono::seconds(1) + remains.estimate / 2});
    }
    if (!remains.discovery_failures.empty())
      return done(client::no_answer(ErrorCode::kUnavailable, remains.discovery_failures.front()));
    finalize(name_space, done);
  }

  void finalize(const api::ObjectPtr& name_space, const Done& done) {
    json::object next = name_space->document();
    json::array& finalizers = api::make_array_at(next, {"spec", "finalizers"});
    json::array kept;
    for (json::value& each : finalizers) {
      if (!each.is_string() || api::view(each.get_string()) != kFinalizer)
        kept.push_back(std::move(each));
    }
    finalizers = std::move(kept);
    client()
        .update(next, {.subresource = "finalize"}, guard_([done](auto written) {
                  if (!written && !written.error().is_not_found()) return done(written.error());
                  done(client::Reconciled{});
                }))
        .release();
  }

  const Environment environment_;
  client::Transport& transport_;
  const std::shared_ptr<client::Informer> namespaces_;
  std::vector<std::shared_ptr<client::Informer>> informers_;
  client::Controller controller_;
  std::vector<client::Registration> registrations_;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_namespace_controller(const Environment& environment) {
  return std::make_unique<NamespaceController>(environment);
}

}  // namespace cove::controllers
