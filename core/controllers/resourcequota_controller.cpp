// What quotas count is counted anew when something goes, and now and then in any case: admission
// adds what is made (kubernetes.io "Resource Quotas").

#include <map>
#include <set>

#include "core/api/quota.h"
#include "core/client/reflector.h"
#include "core/controllers/callback_guard.h"
#include "core/controllers/discovered_resources.h"
#include "core/controllers/list.h"
#include "core/controllers/metadata_transport.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

using api::Amounts;
using api::QuotaSubject;

constexpr std::string_view kAccount = "resourcequota-controller";
constexpr std::chrono::minutes kResync{5};
// Much that goes at once is counted once.
constexpr std::chrono::milliseconds kCoalesce{100};
const client::Resource kQuotas{"", "v1", "resourcequotas"};

// What counts by more than its number.
bool counts_by_content(const QuotaSubject& subject) {
  return subject.group.empty() && (subject.plural == "pods" || subject.plural == "services" ||
                                   subject.plural == "persistentvolumeclaims");
}

std::set<QuotaSubject> subjects_of(const api::Object& quota) {
  std::set<QuotaSubject> subjects;
  for (const auto& [name, amount] : api::amounts_at(quota.document(), {"spec", "hard"}))
    subjects.insert(api::quota_subject(name));
  return subjects;
}

bool is_hard_known(const api::Object& quota) {
  const json::object* const wanted = api::object_at(quota.document(), {"spec", "hard"});
  const json::object* const known = api::object_at(quota.document(), {"status", "hard"});
  if (wanted == nullptr || known == nullptr) return (wanted == nullptr) == (known == nullptr);
  return api::same(*wanted, *known) &&
         api::object_at(quota.document(), {"status", "used"}) != nullptr;
}

class QuotaController final : public ControlLoop {
 public:
  explicit QuotaController(const Environment& environment)
      : environment_(environment),
        transport_(environment.as(kAccount)),
        metadata_(transport_),
        quotas_(environment.informers.informer({kQuotas})),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "resourcequota-controller", .workers = 5},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    client::Handler quotas;
    quotas.added = [this](const api::ObjectPtr& quota, bool) {
      controller_.queue().add(client::key_of(*quota));
    };
    quotas.updated = [this](const api::ObjectPtr&, const api::ObjectPtr& now) {
      if (!is_hard_known(*now)) controller_.queue().add(client::key_of(*now));
    };
    quotas.deleted = [this](const api::ObjectPtr&, bool) { forget_unused(); };
    registrations_.push_back(quotas_->add_handler(std::move(quotas)));
    for (const char* const plural : {"pods", "services", "persistentvolumeclaims"}) follow(plural);
  }

  std::string_view name() const override { return "resourcequota-controller"; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override {
    stopping_ = true;
    followed_.clear();
    controller_.stop(std::move(stopped));
  }

 private:
  using Done = client::Controller::Done;

  void count_soon(std::string_view name_space) {
    for (const api::ObjectPtr& quota :
         quotas_->objects().by_index(client::kByNamespace, name_space))
      controller_.queue().add_after(client::key_of(*quota), kCoalesce);
  }

  // What is followed by everybody, with its content.
  void follow(const char* plural) {
    const auto informer = environment_.informers.informer({client::Resource{"", "v1", plural}});
    const QuotaSubject subject{"", plural};
    client::Handler handler;
    handler.updated = [this, subject](const api::ObjectPtr& old, const api::ObjectPtr& now) {
      const std::string_view name_space = now->namespace_name();
      if (quotas_->objects().by_index(client::kByNamespace, name_space).empty()) return;
      if (api::quota_usage(subject, old->document()) != api::quota_usage(subject, now->document()))
        count_soon(name_space);
    };
    handler.deleted = [this](const api::ObjectPtr& last, bool) {
      count_soon(last->namespace_name());
    };
    registrations_.push_back(informer->add_handler(std::move(handler)));
    informers_.push_back(informer);
  }

  // Any other kind, while a quota counts it.
  void follow(const QuotaSubject& subject, const client::Resource& resource) {
    if (counts_by_content(subject) || followed_.contains(subject) || stopping_) return;
    client::Reflector::Sink sink;
    sink.replace = [](const std::vector<api::ObjectPtr>&) {};
    sink.change = [this](const client::WatchEvent& event) {
      if (event.type == client::WatchEventType::kDeleted)
        count_soon(event.object->namespace_name());
    };
    auto& place = followed_[subject];
    place = std::make_unique<client::Reflector>(metadata_, client::Selection{.resource = resource},
                                                std::move(sink), environment_.random,
                                                environment_.logger);
    place->start();
  }

  void forget_unused() {
    std::set<QuotaSubject> used;
    for (const api::ObjectPtr& quota : quotas_->objects().list()) used.merge(subjects_of(*quota));
    std::erase_if(followed_, [&](const auto& each) { return !used.contains(each.first); });
  }

  // One count, from answer to answer: the quota is read first, so that whatever is made meanwhile
  // makes writing the result fail.
  struct Count {
    api::ObjectPtr quota;
    std::vector<QuotaSubject> subjects = {};
    std::size_t at = 0;
    Amounts used = {};
    Done done = nullptr;
  };
  using CountPtr = std::shared_ptr<Count>;

  void reconcile(const std::string& key, Done done) {
    const auto count = std::make_shared<Count>();
    count->quota = quotas_->objects().get(key);
    if (!count->quota || count->quota->deleting()) return done(client::Reconciled{});
    const auto subjects = subjects_of(*count->quota);
    count->subjects.assign(subjects.begin(), subjects.end());
    count->done = std::move(done);
    const bool known = std::ranges::all_of(
        subjects, [&](const QuotaSubject& each) { return resource_of(each).has_value(); });
    if (known) return next(count);
    discover(transport_, guard_([this, count](auto found) {
               if (!found) return count->done(found.error());
               resources_ = *found;
               next(count);
             }));
  }

  std::optional<client::Resource> resource_of(const QuotaSubject& subject) const {
    if (counts_by_content(subject)) return client::Resource{"", "v1", subject.plural};
    if (!resources_) return std::nullopt;
    for (const DiscoveredResource& each : resources_->preferred()) {
      if (each.resource.group == subject.group && each.resource.plural == subject.plural &&
          each.namespaced)
        return each.resource;
    }
    return std::nullopt;
  }

  void next(const CountPtr& count) {
    if (count->at == count->subjects.size()) return write(count);
    const QuotaSubject& subject = count->subjects[count->at++];
    const auto resource = resource_of(subject);
    // Nothing of a kind that is not served.
    if (!resource) return next(count);
    follow(subject, *resource);
    client::Transport& transport =
        counts_by_content(subject) ? transport_ : static_cast<client::Transport&>(metadata_);
    client::ResourceClient(transport, *resource, std::string(count->quota->namespace_name()))
        .list({}, guard_([this, count, subject](auto found) {
                if (!found && !found.error().is_not_found()) return count->done(found.error());
                if (found) add(*count, subject, (*found)->items);
                next(count);
              }))
        .release();
  }

  static void add(Count& count, const QuotaSubject& subject,
                  const std::vector<api::ObjectPtr>& objects) {
    for (const api::ObjectPtr& object : objects) {
      if (!api::quota_covers(count.quota->document(), subject, object->document())) continue;
      for (const auto& [name, amount] : api::quota_usage(subject, object->document()))
        count.used[name] += amount;
    }
  }

  void write(const CountPtr& count) {
    json::object next = count->quota->document();
    json::object used;
    for (const auto& [name, bound] : api::amounts_at(next, {"spec", "hard"}))
      used[name] = count->used[name].text();
    const json::object* const hard = api::object_at(next, {"spec", "hard"});
    json::object status{{"hard", hard != nullptr ? *hard : json::object()},
                        {"used", std::move(used)}};
    const json::object* const before = api::object_at(next, {"status"});
    const client::Reconciled well{.again_after = kResync};
    if (before != nullptr && api::same(*before, status)) return count->done(well);
    next["status"] = std::move(status);
    client::ResourceClient(transport_, kQuotas, std::string(count->quota->namespace_name()))
        .update_status(next, {}, guard_([count, well](auto written) {
                         if (!written && !written.error().is_not_found())
                           return count->done(written.error());
                         count->done(well);
                       }))
        .release();
  }

  const Environment environment_;
  client::Transport& transport_;
  MetadataTransport metadata_;
  const std::shared_ptr<client::Informer> quotas_;
  std::vector<std::shared_ptr<client::Informer>> informers_;
  std::shared_ptr<const DiscoveredResources> resources_;
  std::map<QuotaSubject, std::unique_ptr<client::Reflector>> followed_;
  bool stopping_ = false;
  client::Controller controller_;
  std::vector<client::Registration> registrations_;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_resourcequota_controller(const Environment& environment) {
  return std::make_unique<QuotaController>(environment);
}

}  // namespace cove::controllers
