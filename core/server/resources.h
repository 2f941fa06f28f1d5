// Resources: the verbs of every kind over storage, custom kinds and subresources included
// (kubernetes.io "API concepts", "API conventions"). On the state thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/api/apply.h"
#include "core/api/metadata.h"
#include "core/api/registry.h"
#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/server/admission.h"
#include "core/server/call.h"
#include "core/server/storage.h"

namespace cove::server {

class Watches;

class Resources final : public ClusterState {
 public:
  // All must outlive it.
  Resources(Storage& storage, Executor& executor, const Clock& clock,
            std::vector<std::unique_ptr<AdmissionPlugin>> plugins, api::Random random);
  ~Resources() override;

  // Answers a call that was authorized. Subresources that are not documents (log, exec, token …)
  // have handlers of their own and never come here.
  void serve(const CallPtr& call);
  // Gives a pod to a node; evicts one as far as its disruption budget allows. Handlers of
  // pods/binding (and of creates of bindings) and pods/eviction.
  void bind(const CallPtr& call);
  void evict(const CallPtr& call);
  // Ends all watches as if they were whole: the server stops.
  void end_watches();

  // The kinds that `object` and `objects` find, and that deletions cascade to.
  void set_registry(std::shared_ptr<const api::Registry> registry);

  api::ObjectPtr object(std::string_view group, std::string_view plural,
                        std::string_view namespace_name, std::string_view name) const override;
  std::vector<api::ObjectPtr> objects(std::string_view group, std::string_view plural,
                                      std::string_view namespace_name) const override;

 private:
  void write(const CallPtr& call);
  // A write is decided by the newest state, writes in flight included. What it answers without one
  // of its own (that there is nothing, a conflict, no change) would tell of theirs before they are
  // stored, and they may fail: until the result is false, its answers wait for them.
  std::shared_ptr<bool> hold_answers(const CallPtr& call);

  // Which part of an object an update may change.
  enum class Part { kMain, kStatus, kOther };
  static Part part_of(const Call& call);
  struct Update {
    std::string key;
    api::ObjectPtr old;
    json::object next;  // in the stored form, canonical
    Part part = Part::kMain;
    bool apply = false;  // managedFields are set already
    // Answers with the result; empty: with the object itself.
    std::function<void(const api::ObjectPtr&)> respond = {};
  };

  // read.cpp
  void get(const CallPtr& call);
  void list(const CallPtr& call);
  void watch(const CallPtr& call);
  // write.cpp
  void create(const CallPtr& call, json::object document);
  void create_named(const CallPtr& call, json::object document, bool apply);
  void draw_name(const api::Kind& kind, std::string_view namespace_name,
                 json::object& document) const;
  void update(const CallPtr& call);
  Outcome<void> prepare_create(Call& call, json::object& document) const;
  Outcome<void> prepare_update(const Call& call, Update& update) const;
  void commit_update(const CallPtr& call, Update update);
  Outcome<void> admit(Call& call, Operation operation, json::object* object,
                      const json::object* old, bool validate) const;
  Outcome<void> check_definition(const Call& call, std::string_view name) const;
  // What a write of the call changes: in the form its client sees, if the kind is custom, else as
  // stored. Null when there is none.
  api::ObjectPtr newest(const Call& call, const std::string& key) const;
  void write_also(Call& call) const;
  api::FieldWriter writer_of(const Call& call) const;
  api::KindOfVersion versions_of(const Call& call) const;
  // patch.cpp
  void patch(const CallPtr& call);
  void apply(const CallPtr& call, const api::ObjectPtr& old);
  // `document` with the call's patch (not an apply) on it, as it came out.
  static Outcome<json::object> patched(const CallPtr& call, json::object document);
  // remove.cpp
  void remove(const CallPtr& call);
  struct Removal;
  void remove_collection(const CallPtr& call);
  // The stored bytes of what the call's selectors mean.
  Outcome<std::vector<store::Bytes>> collection(const CallPtr& call);
  void remove_one(const CallPtr& call, const std::string& key, const api::ObjectPtr& object,
                  const DeleteOptions& options, std::function<void(Outcome<json::object>)> done);
  // pod_subresources.cpp
  Outcome<std::optional<json::object>> budget_for(const Call& call, const json::object& pod) const;
  // subresource.cpp
  void scale(const CallPtr& call);

  Storage& storage_;
  std::vector<std::unique_ptr<AdmissionPlugin>> plugins_;
  std::shared_ptr<const api::Registry> registry_;
  api::Random random_;
  std::unique_ptr<Watches> watches_;
};

// Whether something else than metadata keeps a deleted object: a namespace's own finalizers.
bool holds_content(const api::Kind& kind, const json::object& document);

}  // namespace cove::server
