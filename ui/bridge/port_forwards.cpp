#include "ui/bridge/port_forwards.h"

#include <fmt/format.h>

#include <QPointer>
#include <QSignalBlocker>
#include <algorithm>

#include "vm/forward/forward.h"

namespace cove::ui {
namespace {

std::string holder_of(std::uint16_t port) {
  const auto holder = vm::port_holder(vm::Protocol::kTcp, "127.0.0.1", port);
  if (!holder) return {};
  return holder->pid == 0 ? holder->program
                          : fmt::format("{} (process {})", holder->program, holder->pid);
}

}  // namespace

// Made and ended on the session's thread, since its end waits for a thread.
struct PortForwards::Running {
  explicit Running(int number) : id(number) {}
  const int id;
  std::unique_ptr<client::PortForwarder> forwarder;  // of the session's thread
  bool ended = false;                                // as well
};

PortForwards::PortForwards(ApiSession& api, QObject* parent) : QObject(parent), api_(api) {
  connect(&api_, &ApiSession::chosen, this, [this] {
    for (Forward& forward : forwards_) end(forward, Reason::kClusterLeft);
  });
}

PortForwards::~PortForwards() {
  const QSignalBlocker nobody_is_told(this);
  for (Forward& forward : forwards_) end(forward, Reason::kNone);
}

PortForwards::Forward* PortForwards::find(int id) {
  const auto found = std::ranges::find(forwards_, id, &Forward::id);
  return found == forwards_.end() ? nullptr : &*found;
}

int PortForwards::start(const client::PortForward& wish, const std::string& pod_uid) {
  if (forwards_.size() >= kMaxForwards) return 0;
  if (!pods_) {
    pods_ = api_.follow({.resource = {"", "v1", "pods"}});
    connect(pods_.get(), &LiveCollection::changed, this, &PortForwards::look_at_pods);
  }
  Forward forward;
  forward.id = ++last_id_;
  forward.wish = wish;
  forward.uid = pod_uid;
  forwards_.push_back(forward);
  const auto running = std::make_shared<Running>(forward.id);
  running_.push_back(running);
  const QPointer<PortForwards> self(this);
  QObject* const post_to = &api_;
  const auto tell = [self, post_to,
                     id = forward.id](std::function<void(PortForwards&, Forward&)> what) {
    QMetaObject::invokeMethod(
        post_to,
        [self, id, what = std::move(what)] {
          Forward* const here = self ? self->find(id) : nullptr;
          if (here == nullptr || here->state == State::kEnded) return;
          what(*self, *here);
          Q_EMIT self->changed();
        },
        Qt::QueuedConnection);
  };
  api_.with_channels([=](const std::shared_ptr<client::ChannelTransport>& channels,
                         const client::ApiError& why_not) {
    if (running->ended) return;
    if (!channels) {
      return tell([why = why_not.message](PortForwards& all, Forward& it) {
        all.end(it, Reason::kFailed, why);
      });
    }
    auto made = client::PortForwarder::start(channels, wish,
                                             {.failed = [tell](const client::ApiError& why) {
                                               tell([why](PortForwards& all, Forward& it) {
                                                 it.problem = why.message;
                                                 if (why.is_not_found())
                                                   all.end(it, Reason::kPodGone);
                                               });
                                             }});
    if (made) {
      running->forwarder = std::move(*made);
      return tell([port = running->forwarder->local_port()](PortForwards&, Forward& it) {
        it.state = State::kOpen;
        it.local_port = port;
      });
    }
    const bool taken = made.error().code == ErrorCode::kAlreadyExists;
    tell([taken, holder = taken ? holder_of(wish.local_port) : std::string(),
          why = made.error().cause](PortForwards& all, Forward& it) {
      it.holder = holder;
      all.end(it, taken ? Reason::kPortTaken : Reason::kFailed, why);
    });
  });
  Q_EMIT changed();
  return forward.id;
}

void PortForwards::end(Forward& forward, Reason reason, const std::string& problem) {
  if (forward.state == State::kEnded) return;
  forward.state = State::kEnded;
  forward.reason = reason;
  if (!problem.empty()) forward.problem = problem;
  const auto found =
      std::ranges::find(running_, forward.id, [](const auto& each) { return each->id; });
  if (found != running_.end()) {
    api_.with_channels([running = *found](const auto&, const auto&) {
      running->ended = true;
      running->forwarder.reset();
    });
    running_.erase(found);
  }
  Q_EMIT changed();
}

void PortForwards::dismiss(int id) {
  Forward* const forward = find(id);
  if (forward == nullptr) return;
  end(*forward, Reason::kNone);
  std::erase_if(forwards_, [id](const Forward& each) { return each.id == id; });
  Q_EMIT changed();
}

void PortForwards::look_at_pods(const std::vector<ObjectChange>& changes) {
  for (const ObjectChange& change : changes) {
    for (Forward& forward : forwards_) {
      if (forward.wish.namespace_name + "/" + forward.wish.pod != change.key) continue;
      if (!change.object || change.object->uid() != forward.uid) {
        end(forward, Reason::kPodGone);
        continue;
      }
      const auto phase = api::text_at(change.object->document(), {"status", "phase"});
      if (phase == "Succeeded" || phase == "Failed") end(forward, Reason::kPodEnded);
    }
  }
}

}  // namespace cove::ui
