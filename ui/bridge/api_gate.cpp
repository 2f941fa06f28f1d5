#include "ui/bridge/api_gate.h"

#include <condition_variable>
#include <optional>

namespace cove::ui {
namespace {

// An answer that never comes: the cluster was left meanwhile.
constexpr std::chrono::seconds kLongest{60};

struct Waiting {
  std::mutex mutex;
  std::condition_variable_any came;
  std::optional<client::ApiResult<api::ObjectPtr>> answer;
  bool left = false;
};

ErrorCode code_of(const client::ApiError& error) {
  if (error.is_forbidden()) return ErrorCode::kPermissionDenied;
  if (error.code == 404) return ErrorCode::kNotFound;
  if (error.code == 409) return ErrorCode::kConflict;
  return error.code == 0 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument;
}

}  // namespace

void ApiGate::close() {
  const std::lock_guard lock(mutex_);
  session_ = nullptr;
}

Result<api::ObjectPtr> ApiGate::call(const Start& start, const std::string& action,
                                     const std::string& subject,
                                     const std::stop_token& stop) const {
  const auto waiting = std::make_shared<Waiting>();
  const auto put = [waiting](auto change) {
    const std::lock_guard lock(waiting->mutex);
    change();
    waiting->came.notify_all();
  };
  {
    const std::lock_guard lock(mutex_);
    if (session_ == nullptr)
      return Error{ErrorCode::kCancelled, action, subject, "the window was left", {}};
    ApiSession* const session = session_;
    QMetaObject::invokeMethod(
        session,
        [session, start, put, waiting, context = context_] {
          if (session->context() != context) return put([&] { waiting->left = true; });
          session->call(start, session, [put, waiting](const auto& result) {
            put([&] { waiting->answer = result; });
          });
        },
        Qt::QueuedConnection);
  }
  std::unique_lock lock(waiting->mutex);
  const bool came = waiting->came.wait_for(
      lock, stop, kLongest, [&] { return waiting->answer.has_value() || waiting->left; });
  if (stop.stop_requested() || waiting->left)
    return Error{ErrorCode::kCancelled,
                 action,
                 subject,
                 waiting->left ? "another cluster is shown by now" : "it was cancelled",
                 {}};
  if (!came) return Error{ErrorCode::kTimeout, action, subject, "the API does not answer", {}};
  if (waiting->answer->has_error()) {
    const auto& error = waiting->answer->error();
    return Error{code_of(error), action, subject, error.message, {}};
  }
  return waiting->answer->value();
}

ApiGates::~ApiGates() {
  for (const auto& gate : gates_)
    if (const auto open = gate.lock()) open->close();
}

std::shared_ptr<ApiGate> ApiGates::make() {
  std::erase_if(gates_, [](const auto& gate) { return gate.expired(); });
  auto made = std::make_shared<ApiGate>(session_);
  gates_.push_back(made);
  return made;
}

}  // namespace cove::ui
