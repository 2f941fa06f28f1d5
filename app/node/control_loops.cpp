#include "app/node/control_loops.h"

#include <future>
#include <map>

#include "app/node/in_process_transport.h"
#include "core/controllers/controllers.h"
#include "core/scheduler/scheduler.h"

namespace cove::node {

class ControlLoops::Implementation {
 public:
  Implementation(ControlPlane& plane, const Clock& clock, Logger& logger)
      : plane_(plane),
        manager_(plane.handler(), plane.executor(), {"system:kube-controller-manager"}),
        scheduling_(plane.handler(), plane.executor(), {"system:kube-scheduler"}),
        informers_(manager_, client::system_random, logger),
        controllers_(
            {informers_,
             [this](std::string_view account) -> client::Transport& { return account_of(account); },
             plane.executor(), clock, client::system_random, logger}),
        scheduler_({.transport = scheduling_,
                    .informers = informers_,
                    .executor = plane.executor(),
                    .clock = clock,
                    .random = client::system_random,
                    .logger = logger}) {
    plane_.executor().post([this] {
      controllers_.start();
      scheduler_.start();
    });
  }

  ~Implementation() {
    std::promise<void> stopped;
    plane_.executor().post([&] {
      controllers_.stop([&] {
        scheduler_.stop([&] {
          informers_.stop();
          stopped.set_value();
        });
      });
    });
    stopped.get_future().wait();
  }

 private:
  client::Transport& account_of(std::string_view account) {
    auto& transport = accounts_[std::string(account)];
    if (!transport) {
      transport = std::make_unique<InProcessTransport>(plane_.handler(), plane_.executor(),
                                                       service_account(account));
    }
    return *transport;
  }

  ControlPlane& plane_;
  InProcessTransport manager_, scheduling_;
  std::map<std::string, std::unique_ptr<InProcessTransport>> accounts_;
  client::InformerFactory informers_;
  controllers::Controllers controllers_;
  scheduler::Scheduler scheduler_;
};

ControlLoops::ControlLoops(ControlPlane& plane, const Clock& clock, Logger& logger)
    : implementation_(std::make_unique<Implementation>(plane, clock, logger)) {}

ControlLoops::~ControlLoops() = default;

}  // namespace cove::node
