// Carries out plans for EndpointSlices, and knows the slices of an owner, those included that were
// just made and are not in the informer's copy yet. On the executor.
#pragma once

#include <map>
#include <string>

#include "core/controllers/endpointslice_plan.h"
#include "core/controllers/keyed_loop.h"

namespace cove::controllers {

class SliceWriter {
 public:
  // `manager` is the value of the label endpointslice.kubernetes.io/managed-by of its slices.
  SliceWriter(const Environment& environment, client::Transport& transport,
              std::shared_ptr<client::Informer> slices, std::string manager);

  // The key of the owner (a service, or Endpoints), when the slice is one of this writer's.
  std::optional<std::string> owner_of(const api::Object& slice) const;
  // To be told of every change of a slice in the informer.
  void saw(const api::Object& slice);
  std::vector<api::ObjectPtr> slices_of(const std::string& owner);
  void forget(const std::string& owner) { made_.erase(owner); }

  // Sets `trigger` on what is written. Not to be destroyed before `done`, unless `done` was made
  // by KeyedLoop::guarded() and so is the writer's.
  void carry_out(const std::string& owner, SlicePlan plan, std::string_view trigger,
                 const Join::Done& done);

 private:
  struct Made {
    api::ObjectPtr slice;
    SteadyTime since;
  };

  void create(const std::string& owner, const json::object& slice, const Join::Done& done);

  const Environment environment_;
  client::Transport& transport_;
  const std::shared_ptr<client::Informer> slices_;
  const std::string manager_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::map<std::string, std::map<std::string, Made>> made_;  // by owner and own key
};

}  // namespace cove::controllers
