// PortForwards: the ports of this machine that lead into pods while the window is open.
#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <vector>

#include "core/client/port_forwarder.h"
#include "ui/bridge/api_session.h"

namespace cove::ui {

// GUI thread. A forward ends when it is stopped, when its pod goes or ends, and when another
// cluster is chosen; it then stays in the list with the reason until it is dismissed. At most
// kMaxForwards are in the list.
class PortForwards : public QObject {
  Q_OBJECT
 public:
  static constexpr std::size_t kMaxForwards = 16;

  enum class State { kOpening, kOpen, kEnded };
  enum class Reason { kNone, kPodGone, kPodEnded, kClusterLeft, kPortTaken, kFailed };
  struct Forward {
    int id = 0;
    client::PortForward wish;
    std::string uid;
    State state = State::kOpening;
    std::uint16_t local_port = 0;  // once it is open
    Reason reason = Reason::kNone;
    std::string holder;   // of kPortTaken: "nginx (process 812)"; empty: not known
    std::string problem;  // of kFailed, and of an open one's last connection
  };

  explicit PortForwards(ApiSession& api, QObject* parent = nullptr);
  ~PortForwards() override;

  const std::vector<Forward>& all() const { return forwards_; }
  // Its id; 0 when the list is full.
  int start(const client::PortForward& wish, const std::string& pod_uid);
  // Ends it, and takes it from the list.
  void dismiss(int id);

 Q_SIGNALS:
  void changed();

 private:
  struct Running;
  Forward* find(int id);
  void end(Forward& forward, Reason reason, const std::string& problem = {});
  void look_at_pods(const std::vector<ObjectChange>& changes);

  ApiSession& api_;
  std::shared_ptr<LiveCollection> pods_;
  std::vector<Forward> forwards_;
  // By id; ended away from the GUI thread.
  std::vector<std::shared_ptr<Running>> running_;
  int last_id_ = 0;
};

}  // namespace cove::ui
