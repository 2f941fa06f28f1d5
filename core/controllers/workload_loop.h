// What the loops of Deployment, ReplicaSet, ReplicationController, StatefulSet and DaemonSet have
// in common. Private to this folder; everything on the executor.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/controllers/keyed_loop.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {

// What was written for an owner and is not in an informer's copy yet. A reconcile that looked at
// the old copy would only meet a conflict, or do its work twice. A write that has not come back
// after five seconds is not waited for any more (what was written may have been deleted at once).
class PendingWrites {
 public:
  static constexpr std::chrono::seconds kPatience{5};

  explicit PendingWrites(const Clock& clock) : clock_(clock) {}
  // `written` is the API's answer; `informer` outlives it.
  void wrote(const std::string& owner, const client::Informer& informer,
             const api::Object& written);
  // The copies have everything that was written for that owner.
  bool seen(const std::string& owner);
  void forget(const std::string& owner) { writes_.erase(owner); }

 private:
  struct Write {
    const client::Informer* informer;
    std::string key;
    std::uint64_t version;
    SteadyTime since;
  };
  const Clock& clock_;
  std::map<std::string, std::vector<Write>> writes_;
};

class WorkloadLoop : public KeyedLoop {
 protected:
  using Object = api::ObjectPtr;
  using Written = std::function<void(const client::ApiResult<Object>&)>;

  struct Options {
    std::string name;       // of the loop and of its events' source
    std::string account;    // whose rights it has
    client::Resource kind;  // what it reconciles, by key
    int workers = 256;      // they wait for the disk most of the time, all for the same write
  };
  WorkloadLoop(const Environment& environment, Options options);

  // `object` is there and all that was written for it has been seen; calls done as Controller says.
  virtual void sync(const std::string& key, const Object& object, Done done) = 0;
  // The object of that key is gone.
  virtual void forget(const std::string& key) { static_cast<void>(key); }

  // Requests of the loop's account. Nothing is told once the loop is destroyed. What was written
  // with `owner` counts as pending for it until `informer` has it.
  void create(const client::Resource& resource, const json::object& object, Written done);
  void update(const client::Resource& resource, const json::object& object, Written done);
  void update_status(const json::object& object, Written done);
  void remove(const client::Resource& resource, const api::Object& object, Written done);
  // Replaces status (and annotations, where they are given) of the loop's kind in one write; done
  // at once with `object` when nothing differs.
  void write_status(const std::string& key, const Object& object, json::object status,
                    const json::object* annotations, Written done);

  // The object of the loop's kind that this reference of an object in that namespace means; null
  // when it is another kind's, or one of the same name that came later.
  Object resolve(std::string_view namespace_name, const json::object* reference) const;
  // Every object of the loop's kind in that namespace whose spec.selector chooses `object`.
  std::vector<Object> selecting(const api::Object& object) const;
  void enqueue(const api::Object& object) { queue().add(client::key_of(object)); }
  // Tells added/updated/deleted of owned pods (or other owned objects) to the hooks below.
  void watch_owned(const std::shared_ptr<client::Informer>& informer);

  // An owned object came, changed or went. The default is to look at the owner again.
  virtual void owned_added(const api::Object& owner, const api::Object& object);
  virtual void owned_updated(const api::Object& owner, const api::Object& old,
                             const api::Object& now);
  virtual void owned_deleted(const api::Object& owner, const api::Object& object);

  const client::Resource kind_;
  const std::shared_ptr<client::Informer> objects_;
  PendingWrites pending_;

 private:
  void added(const api::Object& object);
  void updated(const api::Object& old, const api::Object& now);
  void deleted(const api::Object& object);
  void reconcile(const std::string& key, const Done& done) final;
};

// The informer's copy knows that this object goes or is gone: no event about that may come any
// more.
bool is_seen_gone(const client::Informer& informer, const api::Object& object);

// The selector of any workload: a LabelSelector, or the labels of a ReplicationController.
api::LabelSelector selector_of(const api::Object& object);

// A number or a percentage of `total`; `absent` when there is none.
int count_or_percent(const json::value* value, int total, bool round_up, int absent);
int integer_or(const json::object& object, api::Steps path, int otherwise);

// Of status.conditions. Nothing changes when status and reason are the same; lastTransitionTime
// stays while the status does. lastTransitionTime of `condition` is the present time.
void set_condition(json::object& status, json::object condition);
void remove_condition(json::object& status, std::string_view type);

// Numbers that the API leaves out when they are 0.
void set_unless_zero(json::object& status, std::string_view name, std::int64_t value);

// Older first; of one second by name.
bool is_older(const api::Object& a, const api::Object& b);

}  // namespace cove::controllers
