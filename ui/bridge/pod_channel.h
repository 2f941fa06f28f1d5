// PodChannel: the GUI thread's end of one stream to a pod: a terminal's, for instance.
#pragma once

#include <QByteArray>
#include <QObject>
#include <memory>
#include <optional>

#include "core/client/channel.h"

namespace cove::ui {

// GUI thread. What comes is handed over piece by piece, about kBatch bytes in a turn; when more
// than kMaxWaiting bytes wait for the window, the pod waits. Destruction ends it.
class PodChannel : public QObject {
  Q_OBJECT
 public:
  static constexpr std::size_t kBatch = 16 * 1024;
  static constexpr std::size_t kMaxWaiting = 256 * 1024;

  ~PodChannel() override;

  // False, and nothing is sent, while more than ChannelStream::kMaxQueued bytes wait for the pod,
  // until writable(); and at the end.
  bool write(int channel, const QByteArray& bytes);
  void end(int channel);
  // After closed(): nothing when it ended in order.
  const std::optional<client::ApiError>& error() const { return error_; }

 Q_SIGNALS:
  void opened();
  void received(int channel, const QByteArray& bytes);
  void writable();
  // Last, once.
  void closed();

 private:
  friend class ApiSession;
  struct Mailbox;
  explicit PodChannel(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  void deliver();

  const std::shared_ptr<Mailbox> mailbox_;
  std::optional<client::ApiError> error_;
  bool told_open_ = false;
};

}  // namespace cove::ui
