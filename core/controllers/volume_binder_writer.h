// What the volume binder writes: the two sides of a binding and their phases.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/client/client.h"
#include "core/client/event_recorder.h"
#include "core/controllers/callback_guard.h"

namespace cove::controllers {

namespace json = boost::json;

struct ClaimEvent {
  std::string_view type = {};  // "Normal", "Warning"
  std::string_view reason = {};
  std::string message = {};
};

// Each write names the version of what it was decided on, so that a copy that was behind is a
// conflict. On the executor.
class VolumeBinderWriter {
 public:
  using Done = std::function<void(client::ApiResult<api::ObjectPtr>)>;
  VolumeBinderWriter(client::Transport& transport, const Clock& clock,
                     client::EventRecorder& events)
      : transport_(transport), clock_(clock), events_(events) {}

  // The volume first, then the claim; what is so already is not written again.
  void bind(const api::ObjectPtr& volume, const api::ObjectPtr& claim, Done done);
  // What the binder bound is free again; what somebody else kept for a claim stays so.
  void unbind(const api::ObjectPtr& volume, Done done);
  // `event` only when the phase changes.
  void set_volume_phase(const api::ObjectPtr& volume, std::string_view phase,
                        const ClaimEvent& event, Done done);
  // `volume` (may be null) is what the claim has.
  void set_claim_phase(const api::ObjectPtr& claim, std::string_view phase,
                       const api::ObjectPtr& volume, const ClaimEvent& event, Done done);
  void update_claim(const api::ObjectPtr& claim, json::object next, Done done);

 private:
  void bind_claim(const api::ObjectPtr& volume, const api::ObjectPtr& claim, Done done);
  void update_volume(json::object next, Done done);
  client::ResourceClient volumes() const;
  client::ResourceClient claims(const api::Object& claim) const;

  client::Transport& transport_;
  const Clock& clock_;
  client::EventRecorder& events_;
  const CallbackGuard guard_;
};

}  // namespace cove::controllers
