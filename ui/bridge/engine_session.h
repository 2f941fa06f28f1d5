// EngineSession: the GUI thread's side of one cluster's container engine. Its lists of images and
// containers are kept live by the engine's events, on threads of its own.
#pragma once

#include <QObject>
#include <QPointer>
#include <QStringList>
#include <QThreadPool>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/docker/engine_client.h"

namespace cove::ui {

// A way to an engine, made when it is first needed. Thread-safe; read by whoever holds it.
class EngineLine {
 public:
  explicit EngineLine(docker::EngineAddress address) : address_(std::move(address)) {}
  const docker::EngineAddress& address() const { return address_; }
  // Reads certificates; never from the GUI thread.
  Result<std::shared_ptr<const docker::EngineClient>> client();

 private:
  const docker::EngineAddress address_;
  std::mutex mutex_;
  std::shared_ptr<const docker::EngineClient> client_;
};

// Lines of a text that an engine streams, as they come: at most kBatch at a time, and no more
// before acknowledge(). GUI thread; the destructor ends it.
class EngineFeed : public QObject {
  Q_OBJECT
 public:
  static constexpr qsizetype kBatch = 400;
  using Read = std::function<Result<void>(const docker::EngineClient&, const docker::OnText&,
                                          std::stop_token)>;
  EngineFeed(std::shared_ptr<EngineLine> line, Read read, QObject* parent);
  ~EngineFeed() override;
  void acknowledge();

 Q_SIGNALS:
  void lines(const QStringList& lines);
  void ended(const std::optional<cove::Error>& error);

 private:
  class Reader;
  std::shared_ptr<Reader> reader_;
  std::jthread thread_;
};

// GUI thread. What was last known stays while the engine cannot be reached (problem() says why).
class EngineSession : public QObject {
  Q_OBJECT
 public:
  // Longer lists are cut.
  static constexpr std::size_t kMaxRows = 5000;
  // More calls at a time are refused (kResourceExhausted).
  static constexpr int kMaxCalls = 64;

  explicit EngineSession(QObject* parent = nullptr);
  // Ends every request; waits for its threads, not for a network.
  ~EngineSession() override;

  // The engine that is shown from now on; nothing: there is none.
  void choose(std::optional<docker::EngineAddress> address);
  bool has_engine() const { return line_ != nullptr; }
  // What tasks use; null without an engine.
  const std::shared_ptr<EngineLine>& line() const { return line_; }

  const std::vector<docker::ImageSummary>& images() const { return images_; }
  const std::vector<docker::ContainerSummary>& containers() const { return containers_; }
  // The first lists have arrived.
  bool synced() const { return synced_; }
  const std::optional<Error>& problem() const { return problem_; }

  // One request on the session's pool. `done` in the GUI thread, unless `receiver` has gone or
  // another engine was chosen meanwhile.
  template <class T>
  void call(std::function<Result<T>(const docker::EngineClient&, std::stop_token)> ask,
            QObject* receiver, std::function<void(const Result<T>&)> done);

 Q_SIGNALS:
  // Another engine, or none.
  void chosen();
  // Images, containers or the health.
  void changed();

 private:
  class Follower;
  struct Lists;
  void take(std::uint64_t generation, Lists lists);
  void take_problem(std::uint64_t generation, const Error& error);
  bool begin_call();
  static Error no_engine();
  static Error too_many();

  std::shared_ptr<EngineLine> line_;
  std::uint64_t generation_ = 0;
  std::vector<docker::ImageSummary> images_;
  std::vector<docker::ContainerSummary> containers_;
  bool synced_ = false;
  std::optional<Error> problem_;
  std::stop_source stop_;  // of the calls to the engine that is chosen
  int calls_ = 0;
  QThreadPool pool_;
  // The chosen one's last; those before end by themselves.
  std::list<std::shared_ptr<Follower>> followers_;
};

template <class T>
void EngineSession::call(std::function<Result<T>(const docker::EngineClient&, std::stop_token)> ask,
                         QObject* receiver, std::function<void(const Result<T>&)> done) {
  if (!line_) return done(no_engine());
  if (!begin_call()) return done(too_many());
  const QPointer<QObject> guard(receiver);
  pool_.start([this, ask = std::move(ask), done = std::move(done), guard, line = line_,
               generation = generation_, stop = stop_.get_token()] {
    const auto client = line->client();
    auto result =
        std::make_shared<Result<T>>(client ? ask(**client, stop) : Result<T>(client.error()));
    QMetaObject::invokeMethod(
        this,
        [this, done, guard, generation, result] {
          --calls_;
          if (guard && generation == generation_) done(*result);
        },
        Qt::QueuedConnection);
  });
}

}  // namespace cove::ui
