#include "ui/bridge/pod_channel.h"

#include <QPointer>
#include <deque>
#include <mutex>

#include "ui/bridge/api_session.h"

namespace cove::ui {

// Between the session's thread and the GUI's.
struct PodChannel::Mailbox {
  std::mutex mutex;
  std::deque<std::pair<int, std::string>> pieces;
  std::size_t waiting = 0;  // bytes of them
  bool paused = false;
  bool opened = false;
  bool writable = false;
  bool closed = false;
  bool dropped = false;  // nobody wants it any more
  std::optional<client::ApiError> error;
  std::unique_ptr<client::ChannelStream> stream;
  // What was written before the stream was there: its first size and keys.
  std::vector<std::pair<int, std::string>> early;
  std::size_t early_bytes = 0;
  bool posted = false;
  QPointer<PodChannel> receiver;  // read and set in the GUI thread
  QObject* post_to = nullptr;     // lives as long as the session

  static void put(const std::shared_ptr<Mailbox>& self, const std::function<void()>& change) {
    const std::lock_guard lock(self->mutex);
    if (self->dropped) return;
    change();
    self->announce(self);
  }
  // With the lock held.
  void announce(const std::shared_ptr<Mailbox>& self) {
    if (std::exchange(posted, true)) return;
    QMetaObject::invokeMethod(
        post_to,
        [self] {
          if (self->receiver) self->receiver->deliver();
        },
        Qt::QueuedConnection);
  }
  static client::ChannelCallbacks callbacks(const std::shared_ptr<Mailbox>& self) {
    return {.opened = [self](const std::string&) { put(self, [&] { self->opened = true; }); },
            .received =
                [self](int channel, std::string bytes) {
                  put(self, [&] {
                    self->waiting += bytes.size();
                    self->pieces.emplace_back(channel, std::move(bytes));
                    if (self->waiting <= kMaxWaiting || self->paused || !self->stream) return;
                    self->paused = true;
                    self->stream->pause(true);
                  });
                },
            .drained = [self] { put(self, [&] { self->writable = true; }); },
            .closed =
                [self](std::optional<client::ApiError> why) {
                  put(self, [&] {
                    self->closed = true;
                    self->error = std::move(why);
                  });
                }};
  }
};

PodChannel::~PodChannel() {
  std::unique_ptr<client::ChannelStream> stream;
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->dropped = true;
  mailbox_->pieces.clear();
  stream = std::move(mailbox_->stream);
}

bool PodChannel::write(int channel, const QByteArray& bytes) {
  const std::lock_guard lock(mailbox_->mutex);
  if (mailbox_->closed) return false;
  const std::string_view view(bytes.constData(), static_cast<std::size_t>(bytes.size()));
  if (mailbox_->stream) return mailbox_->stream->write(channel, view);
  if (mailbox_->early_bytes + view.size() > client::ChannelStream::kMaxQueued) return false;
  mailbox_->early_bytes += view.size();
  mailbox_->early.emplace_back(channel, view);
  return true;
}

void PodChannel::end(int channel) {
  const std::lock_guard lock(mailbox_->mutex);
  if (mailbox_->stream) mailbox_->stream->end(channel);
}

void PodChannel::deliver() {
  std::vector<std::pair<int, std::string>> pieces;
  bool opened_now = false;
  bool writable_now = false;
  bool closed_now = false;
  {
    const std::lock_guard lock(mailbox_->mutex);
    std::size_t taken = 0;
    while (!mailbox_->pieces.empty() && taken < kBatch) {
      taken += mailbox_->pieces.front().second.size();
      pieces.push_back(std::move(mailbox_->pieces.front()));
      mailbox_->pieces.pop_front();
    }
    mailbox_->waiting -= taken;
    if (mailbox_->paused && mailbox_->waiting <= kMaxWaiting / 2 && mailbox_->stream) {
      mailbox_->paused = false;
      mailbox_->stream->pause(false);
    }
    opened_now = mailbox_->opened && !std::exchange(told_open_, mailbox_->opened);
    writable_now = std::exchange(mailbox_->writable, false);
    closed_now = mailbox_->closed && mailbox_->pieces.empty();
    if (closed_now) error_ = mailbox_->error;
    mailbox_->posted = false;
    // The rest in a turn of its own: the window stays awake between them.
    if (!mailbox_->pieces.empty()) mailbox_->announce(mailbox_);
  }
  const QPointer<PodChannel> self(this);
  if (opened_now) Q_EMIT opened();
  for (const auto& [channel, bytes] : pieces) {
    if (!self) return;
    Q_EMIT received(channel, QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size())));
  }
  if (self && writable_now) Q_EMIT writable();
  if (self && closed_now) Q_EMIT closed();
}

std::unique_ptr<PodChannel> ApiSession::open_channel(const client::ChannelRequest& request) {
  using Mailbox = PodChannel::Mailbox;
  auto mailbox = std::make_shared<Mailbox>();
  mailbox->post_to = this;
  std::unique_ptr<PodChannel> channel(new PodChannel(mailbox));
  mailbox->receiver = channel.get();
  with_channels([mailbox, request](const std::shared_ptr<client::ChannelTransport>& channels,
                                   const client::ApiError& why_not) {
    if (!channels) {
      return Mailbox::put(mailbox, [&] {
        mailbox->closed = true;
        mailbox->error = why_not;
      });
    }
    std::unique_ptr<client::ChannelStream> stream =
        channels->open(request, Mailbox::callbacks(mailbox));
    const std::lock_guard lock(mailbox->mutex);
    if (mailbox->dropped) return;  // and the stream goes with this function
    for (const auto& [number, bytes] : mailbox->early) stream->write(number, bytes);
    mailbox->early.clear();
    mailbox->stream = std::move(stream);
  });
  return channel;
}

}  // namespace cove::ui
