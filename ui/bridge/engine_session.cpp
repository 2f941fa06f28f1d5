#include "ui/bridge/engine_session.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>

#include "ui/bridge/log_tail.h"

namespace cove::ui {
namespace {

constexpr int kPoolThreads = 4;
// Between two looks at the lists, however much happens.
constexpr std::chrono::milliseconds kPace{150};
constexpr std::chrono::milliseconds kFirstRetry{500};
constexpr std::chrono::milliseconds kLastRetry{8'000};

// What happens often and changes no list.
bool changes_lists(const docker::EngineEvent& event) {
  for (const std::string_view quiet : {"exec_", "top", "attach", "resize", "archive-path"})
    if (event.action.starts_with(quiet)) return false;
  return true;
}

}  // namespace

Result<std::shared_ptr<const docker::EngineClient>> EngineLine::client() {
  const std::lock_guard lock(mutex_);
  if (!client_) {
    COVE_TRY(auto made, docker::EngineClient::create(address_));
    client_ = std::move(made);
  }
  return client_;
}

// --- EngineFeed ---

// Outlives the feed until its thread has ended.
class EngineFeed::Reader {
 public:
  Reader(EngineFeed& feed, std::shared_ptr<EngineLine> line, Read read)
      : feed_(feed), line_(std::move(line)), read_(std::move(read)) {}

  void run(const std::stop_token& stop) {
    stop_ = stop;
    const auto client = line_->client();
    const Result<void> done =
        client ? read_(
                     **client, [this](std::string_view text) { take(text); }, stop)
               : Result<void>(client.error());
    if (!rest_.isEmpty()) put_line();
    hand_over();
    std::optional<Error> error;
    if (!done) error = done.error();
    QMetaObject::invokeMethod(
        &feed_, [feed = &feed_, error] { Q_EMIT feed->ended(error); }, Qt::QueuedConnection);
  }
  void acknowledge() {
    const std::lock_guard lock(mutex_);
    outstanding_ = false;
    taken_.notify_all();
  }

 private:
  void take(std::string_view text) {
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      append(text.substr(0, end));
      text.remove_prefix(end + 1);
      put_line();
    }
    append(text);
    hand_over();
  }
  // What is longer than a line may be is cut when it is cleaned.
  void append(std::string_view text) {
    if (rest_.size() <= 4 * LogTail::kMaxLineLength)
      rest_.append(text.data(), static_cast<qsizetype>(text.size()));
  }
  void put_line() {
    batch_.append(clean_console_line(rest_));
    rest_.clear();
    if (batch_.size() >= kBatch) hand_over();
  }
  void hand_over() {
    if (batch_.isEmpty()) return;
    std::unique_lock lock(mutex_);
    if (!taken_.wait(lock, stop_, [&] { return !outstanding_; })) return;
    outstanding_ = true;
    lock.unlock();
    QMetaObject::invokeMethod(
        &feed_, [feed = &feed_, batch = std::exchange(batch_, {})] { Q_EMIT feed->lines(batch); },
        Qt::QueuedConnection);
  }

  EngineFeed& feed_;
  const std::shared_ptr<EngineLine> line_;
  const Read read_;
  std::stop_token stop_;
  QByteArray rest_;
  QStringList batch_;
  std::mutex mutex_;
  std::condition_variable_any taken_;
  bool outstanding_ = false;
};

EngineFeed::EngineFeed(std::shared_ptr<EngineLine> line, Read read, QObject* parent)
    : QObject(parent), reader_(std::make_shared<Reader>(*this, std::move(line), std::move(read))) {
  thread_ = std::jthread([reader = reader_](std::stop_token stop) { reader->run(stop); });
}

EngineFeed::~EngineFeed() = default;

void EngineFeed::acknowledge() {
  reader_->acknowledge();
}

// --- EngineSession ---

struct EngineSession::Lists {
  std::vector<docker::ImageSummary> images;
  std::vector<docker::ContainerSummary> containers;
};

// Two threads: one hears that something happened, the other asks what there is now.
class EngineSession::Follower : public std::enable_shared_from_this<Follower> {
 public:
  Follower(EngineSession& session, std::shared_ptr<EngineLine> line, std::uint64_t generation)
      : session_(session), line_(std::move(line)), generation_(generation) {
    lister_ = std::jthread([this](std::stop_token stop) { list(stop); });
    listener_ = std::jthread([this](std::stop_token stop) { listen(stop); });
  }
  void request_stop() {
    lister_.request_stop();
    listener_.request_stop();
  }
  bool ended() const { return running_ == 0; }

 private:
  void listen(const std::stop_token& stop) {
    auto retry = kFirstRetry;
    while (!stop.stop_requested()) {
      const auto client = line_->client();
      const Result<void> heard = client ? (*client)->events(
                                              [&] {
                                                retry = kFirstRetry;
                                                wake_lister();
                                              },
                                              [&](const docker::EngineEvent& event) {
                                                if (changes_lists(event)) wake_lister();
                                              },
                                              stop)
                                        : Result<void>(client.error());
      if (stop.stop_requested()) break;
      trouble(heard.error());
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, retry, [] { return false; });
      retry = std::min(retry * 2, kLastRetry);
    }
    --running_;
  }

  void list(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [&] { return dirty_; })) break;
        dirty_ = false;
      }
      const auto lists = ask(stop);
      if (stop.stop_requested()) break;
      if (lists) {
        QMetaObject::invokeMethod(
            &session_,
            [session = &session_, generation = generation_, lists = *lists] {
              session->take(generation, lists);
            },
            Qt::QueuedConnection);
      } else {
        trouble(lists.error());
      }
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kPace, [] { return false; });
    }
    --running_;
  }

  Result<Lists> ask(const std::stop_token& stop) {
    COVE_TRY(const auto client, line_->client());
    Lists lists;
    COVE_TRY(lists.images, client->images(stop));
    COVE_TRY(lists.containers, client->containers(stop));
    if (lists.images.size() > kMaxRows) lists.images.resize(kMaxRows);
    if (lists.containers.size() > kMaxRows) lists.containers.resize(kMaxRows);
    return lists;
  }

  void wake_lister() {
    const std::lock_guard lock(mutex_);
    dirty_ = true;
    wake_.notify_all();
  }
  void trouble(const Error& error) {
    QMetaObject::invokeMethod(
        &session_,
        [session = &session_, generation = generation_, error] {
          session->take_problem(generation, error);
        },
        Qt::QueuedConnection);
  }

  EngineSession& session_;
  const std::shared_ptr<EngineLine> line_;
  const std::uint64_t generation_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  // At first there is all to ask: the line of events may be silent until something happens.
  bool dirty_ = true;
  std::atomic<int> running_ = 2;
  std::jthread lister_;
  std::jthread listener_;
};

EngineSession::EngineSession(QObject* parent) : QObject(parent) {
  pool_.setMaxThreadCount(kPoolThreads);
}

EngineSession::~EngineSession() {
  stop_.request_stop();
  for (const auto& follower : followers_) follower->request_stop();
  followers_.clear();
  pool_.waitForDone();
}

void EngineSession::choose(std::optional<docker::EngineAddress> address) {
  const bool same = address ? line_ && line_->address().host == address->host &&
                                  line_->address().certificates == address->certificates
                            : !line_;
  if (same) return;
  ++generation_;
  stop_.request_stop();
  stop_ = std::stop_source();
  for (const auto& follower : followers_) follower->request_stop();
  std::erase_if(followers_, [](const auto& follower) { return follower->ended(); });
  images_.clear();
  containers_.clear();
  synced_ = false;
  problem_.reset();
  line_ = address ? std::make_shared<EngineLine>(std::move(*address)) : nullptr;
  if (line_) followers_.push_back(std::make_shared<Follower>(*this, line_, generation_));
  Q_EMIT chosen();
  Q_EMIT changed();
}

void EngineSession::take(std::uint64_t generation, Lists lists) {
  if (generation != generation_) return;
  images_ = std::move(lists.images);
  containers_ = std::move(lists.containers);
  synced_ = true;
  problem_.reset();
  Q_EMIT changed();
}

void EngineSession::take_problem(std::uint64_t generation, const Error& error) {
  if (generation != generation_) return;
  problem_ = error;
  Q_EMIT changed();
}

bool EngineSession::begin_call() {
  if (calls_ >= kMaxCalls) return false;
  ++calls_;
  return true;
}

Error EngineSession::no_engine() {
  return {ErrorCode::kUnavailable, "ask", "the container engine", "the cluster has none", {}};
}

Error EngineSession::too_many() {
  return {ErrorCode::kResourceExhausted, "ask", "the container engine",
          "too much is asked of it at once", "Wait for what is under way."};
}

}  // namespace cove::ui
