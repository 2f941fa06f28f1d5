#include "app/node/engine_gate.h"

#include <algorithm>
#include <utility>

#include "core/base/strings.h"

namespace cove::node {
namespace {

constexpr std::size_t kMaxWaiting = 64;
constexpr const char* kAdministrators = "system:masters";

http::Answer message(int status, std::string_view text) {
  http::Answer answer;
  answer.status = status;
  answer.body = std::make_shared<const std::string>("{\"message\":" + json_quote(text) + "}\n");
  return answer;
}

bool may_enter(const http::Request& request) {
  return request.certificate &&
         std::ranges::find(request.certificate->organizations, kAdministrators) !=
             request.certificate->organizations.end();
}

}  // namespace

void EngineGate::open(http::Handler& engine) {
  std::vector<Waiting> waiting;
  {
    std::lock_guard lock(mutex_);
    engine_ = &engine;
    waiting.swap(waiting_);
  }
  for (Waiting& each : waiting) engine.handle(std::move(each.request), std::move(each.respond));
}

void EngineGate::fail(std::string why) {
  std::vector<Waiting> waiting;
  {
    std::lock_guard lock(mutex_);
    engine_ = nullptr;
    failure_ = std::move(why);
    waiting.swap(waiting_);
  }
  for (Waiting& each : waiting) each.respond(message(503, failure_));
}

void EngineGate::handle(std::shared_ptr<const http::Request> request, Respond respond) {
  http::Handler* engine = nullptr;
  std::string refusal;
  {
    std::lock_guard lock(mutex_);
    engine = engine_;
    if (engine == nullptr) {
      if (!failure_.empty()) {
        refusal = failure_;
      } else if (waiting_.size() >= kMaxWaiting) {
        refusal = "the container engine is still starting: try again in a moment";
      } else {
        waiting_.push_back({std::move(request), std::move(respond)});
        return;
      }
    }
  }
  if (engine != nullptr) {
    engine->handle(std::move(request), std::move(respond));
  } else {
    respond(message(503, refusal));
  }
}

bool EngineGate::streams_body(const http::Request& head) const {
  std::lock_guard lock(mutex_);
  // What waits may be anything; the engine reads either form.
  return engine_ == nullptr || engine_->streams_body(head);
}

http::Answer EngineGate::refuse(int status, std::string_view text) const {
  return message(status, text);
}

void CertificateGate::handle(std::shared_ptr<const http::Request> request, Respond respond) {
  if (may_enter(*request)) {
    behind_.handle(std::move(request), std::move(respond));
  } else {
    respond(message(403,
                    "the container engine is open to the cluster's administrator alone: show "
                    "the certificate that 'docker-env' points to"));
  }
}

bool CertificateGate::streams_body(const http::Request& head) const {
  // A request's header is looked at before its certificate is known; handle() refuses then.
  return behind_.streams_body(head);
}

http::Answer CertificateGate::refuse(int status, std::string_view text) const {
  return message(status, text);
}

}  // namespace cove::node
