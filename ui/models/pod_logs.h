// PodLogs: reads the logs of a pod, or of all pods of a workload while they come and go, into a
// LogDocument.
#pragma once

#include <QObject>
#include <QTimer>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ui/bridge/api_session.h"
#include "ui/models/log_document.h"

namespace cove::ui {

struct LogTarget {
  std::string kind;  // "Pod", "Deployment"
  std::string name;
  std::string namespace_name;
  std::string label_selector;  // of a workload's pods; a pod has none

  bool is_pod() const { return label_selector.empty(); }
  // "Deployment default/web"
  QString key() const;
  bool operator==(const LogTarget&) const = default;
};
// Of a pod, or of anything whose spec.selector chooses its pods (Deployment, ReplicaSet,
// StatefulSet, DaemonSet, Job); nothing for what has no pods of its own.
std::optional<LogTarget> log_target_of(const api::Object& object);

struct LogReading {
  std::optional<int> since_seconds;  // nothing: all there is
  bool previous = false;             // of the containers' runs before these
  bool operator==(const LogReading&) const = default;
};

// What keeps lines from coming, in a sentence.
struct LogNotice {
  bool bad = false;  // it does not pass by itself
  QString title;
  QString text = {};
  bool can_retry = false;
};

// GUI thread. One stream a container, at most kMaxStreams. A stream that ends while its container
// runs is opened again from its last line on, and what was read already is left out: no line comes
// twice and none is lost that the server still has.
class PodLogs : public QObject {
  Q_OBJECT
 public:
  static constexpr int kMaxStreams = 200;
  static constexpr std::size_t kMaxLine = 1 << 20;  // bytes without an end: then it is cut

  PodLogs(ApiSession& api, LogDocument& document, LogTarget target, QObject* parent);
  ~PodLogs() override;

  const LogTarget& target() const { return target_; }
  const LogReading& reading() const { return reading_; }
  // Everything anew.
  void start(const LogReading& reading);
  // What was refused or gave up, once more.
  void retry();
  std::optional<LogNotice> notice() const;
  // Pod and container of a source of the document.
  struct Origin {
    QString pod;
    QString container;
  };
  const Origin& origin(std::uint16_t source) const { return origins_[source]; }
  // Streams that are open.
  int open_streams() const;

 Q_SIGNALS:
  void notice_changed();

 private:
  enum class State { kWaiting, kReading, kBroken, kEnded, kForbidden, kGone };
  struct Source;

  void look();
  void look_at(const api::Object& pod);
  void look_at_container(const api::Object& pod, const api::json::object& container,
                         std::string_view statuses);
  void forget_gone();
  void open(Source& source);
  void take(Source& source, const std::string& bytes);
  std::size_t flush(Source& source, std::vector<NewLine>& lines, bool whole);
  void take_line(Source& source, std::string_view line, std::vector<NewLine>& lines);
  void closed(Source& source, const std::optional<client::ApiError>& error);
  void again_later(Source& source);
  QString name_of(const Source& source) const;

  ApiSession& api_;
  LogDocument& document_;
  const LogTarget target_;
  const std::string context_;  // the cluster's
  std::shared_ptr<LiveCollection> pods_;
  LogReading reading_;
  std::map<std::string, std::unique_ptr<Source>> sources_;  // by pod's uid and container
  std::vector<Origin> origins_;
  bool too_many_ = false;
};

}  // namespace cove::ui
