#include "app/node/first_look.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "core/server/health.h"

namespace cove::node {
namespace {

// Between two requests of one look.
constexpr std::chrono::milliseconds kMoment{15};
constexpr std::size_t kMaxWaiting = 256;
constexpr const char* kAdministrators = "system:masters";

bool is_administrator(const http::Request& request) {
  const auto impersonates = [](const auto& header) {
    return header.first.starts_with("impersonate-");
  };
  return request.certificate && !request.certificate->common_name.empty() &&
         std::ranges::find(request.certificate->organizations, kAdministrators) !=
             request.certificate->organizations.end() &&
         std::ranges::none_of(request.headers, impersonates);
}

}  // namespace

struct FirstLook::State {
  struct Waiting {
    std::shared_ptr<const http::Request> request;
    Respond respond;
  };

  std::mutex mutex;
  std::condition_variable changed;
  unsigned begun = 0;
  unsigned answered = 0;
  bool open = false;
  std::vector<Waiting> waiting;

  void add(unsigned& what) {
    {
      std::lock_guard lock(mutex);
      ++what;
    }
    changed.notify_all();
  }
};

FirstLook::FirstLook(http::Handler& behind, std::string node, Logger& logger)
    : behind_(behind),
      node_path_(node.empty() ? node : fmt::format("/api/v1/nodes/{}", node)),
      logger_(logger),
      state_(std::make_shared<State>()) {}

FirstLook::~FirstLook() = default;

void FirstLook::wait(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto all_answered = [&] {
    return !state.waiting.empty() || (state.answered > 0 && state.answered == state.begun);
  };
  while (state.changed.wait_until(lock, deadline, all_answered) && state.waiting.empty()) {
    const unsigned seen = state.begun;
    const auto quiet = std::min(deadline, std::chrono::steady_clock::now() + kMoment);
    const auto more = [&] { return state.begun != seen || !state.waiting.empty(); };
    if (!state.changed.wait_until(lock, quiet, more)) break;
  }
}

void FirstLook::open() {
  std::vector<State::Waiting> waiting;
  {
    std::lock_guard lock(state_->mutex);
    state_->open = true;
    waiting.swap(state_->waiting);
  }
  open_ = true;
  for (auto& each : waiting) {
    try {
      behind_.handle(std::move(each.request), std::move(each.respond));
    } catch (const std::exception& bug) {
      // As on a connection: the way to answer has gone with the request, which answers it.
      logger_.error("answering a request ended by a bug", {{"what", bug.what()}});
    }
  }
}

bool FirstLook::is_look(const http::Request& request) const {
  return !node_path_.empty() && request.method == "GET" &&
         (request.path == node_path_ || server::is_health_path(request.path)) &&
         is_administrator(request);
}

void FirstLook::handle(std::shared_ptr<const http::Request> request, Respond respond) {
  if (open_) return behind_.handle(std::move(request), std::move(respond));
  if (is_look(*request)) {
    state_->add(state_->begun);
    return behind_.handle(std::move(request),
                          [state = state_, respond = std::move(respond)](http::Answer answer) {
                            respond(std::move(answer));
                            state->add(state->answered);
                          });
  }
  bool waits = false;
  bool refused = false;
  {
    std::lock_guard lock(state_->mutex);
    waits = !state_->open;
    refused = waits && state_->waiting.size() >= kMaxWaiting;
    if (waits && !refused) state_->waiting.push_back({request, respond});
  }
  if (refused) {
    respond(refuse(503, "the API server is still starting: try again in a moment"));
  } else if (waits) {
    state_->changed.notify_all();
  } else {
    behind_.handle(std::move(request), std::move(respond));
  }
}

bool FirstLook::streams_body(const http::Request& head) const {
  return behind_.streams_body(head);
}

http::Answer FirstLook::refuse(int status, std::string_view message) const {
  return behind_.refuse(status, message);
}

}  // namespace cove::node
