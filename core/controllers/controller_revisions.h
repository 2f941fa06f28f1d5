// ControllerRevisions: the former templates of StatefulSets and DaemonSets, to return to and to
// tell pods apart by (kubernetes.io "ControllerRevision"). Private to this folder.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/controllers/workload_loop.h"

namespace cove::controllers {

inline constexpr std::string_view kRevisionHash = "controller-revision-hash";  // of pods

// The template that a revision keeps.
json::object template_of_revision(const api::Object& revision);

// A loop whose objects have such a history.
class RevisionedLoop : public WorkloadLoop {
 protected:
  struct Revisions {
    std::vector<Object> all;  // the oldest first, `update` the last
    Object update;            // of the present template
    std::int64_t collisions;  // of names, for the status
  };
  using Revised = std::function<void(client::ApiResult<Revisions>)>;

  // `hash_label`: under which label a revision has its hash.
  RevisionedLoop(const Environment& environment, Options options, std::string hash_label);

  // Makes the history right: the present template's revision is there and is the newest.
  void revise(const std::string& key, const Object& object, Revised done);
  // Removes the oldest revisions above spec.revisionHistoryLimit that are not among the `live`
  // names.
  void truncate(const Object& object, const Revisions& revisions,
                const std::set<std::string, std::less<>>& live, Written done);

 private:
  void settle(const std::string& key, const Object& object, std::vector<Object> all,
              const Revised& done);
  void create_revision(const std::string& key, const Object& object, std::vector<Object> all,
                       json::object data, std::int64_t collisions, const Revised& done);

  const std::string hash_label_;
  const std::shared_ptr<client::Informer> revisions_;
  const ControllerRefs refs_;
};

}  // namespace cove::controllers
