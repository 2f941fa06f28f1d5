#include "app/node/pod_streams.h"

#include <signal.h>

#include <atomic>

namespace cove::node {
namespace {

using server::ContainerOfPod;
using server::PodProcess;

runtime::Streams::Handlers stream_handlers(const PodProcess::Handlers& handlers) {
  return {
      .output =
          [output = handlers.output](runtime::Streams::Channel channel, std::string_view bytes) {
            output(channel == runtime::Streams::Channel::kOut ? PodProcess::Output::kOut
                                                              : PodProcess::Output::kError,
                   bytes);
          },
      .closed = nullptr};
}

class LogOfRun final : public server::PodLog {
 public:
  LogOfRun(const PodAccess& access, std::string run, const server::LogRequest& request)
      : access_(access), run_(std::move(run)), request_(request) {}

  Result<void> read(const std::function<bool(const server::LogEntry&)>& entry,
                    std::stop_token stop) override {
    const runtime::LogQuery query{.follow = request_.follow,
                                  .out = request_.out,
                                  .error = request_.error,
                                  .since = request_.since,
                                  .tail = request_.tail_lines};
    return access_.read_log(
        run_, query,
        [&](const runtime::LogLine& line) {
          return entry({.time = line.time, .partial = line.partial, .text = line.text});
        },
        std::move(stop));
  }

 private:
  const PodAccess& access_;
  const std::string run_;
  const server::LogRequest request_;
};

class ExecutedProcess final : public PodProcess {
 public:
  ExecutedProcess(std::unique_ptr<runtime::Runtime::Exec> exec, bool terminal)
      : exec_(std::move(exec)), terminal_(terminal) {}

  Result<void> write(std::string_view input) override {
    writing_ = true;
    auto written = exec_->streams().write(input);
    writing_ = false;
    return written;
  }
  void close_input() override { exec_->streams().close_input(); }
  void resize(unsigned rows, unsigned columns) override {
    [[maybe_unused]] const auto resized = exec_->resize(rows, columns);
  }
  void hang_up() override {
    // As a terminal does that is closed. One that never takes what was sent to it would keep the
    // writer for ever.
    if (writing_) {
      exec_->signal(SIGKILL);
    } else if (terminal_) {
      exec_->signal(SIGHUP);
    }
  }

 private:
  std::unique_ptr<runtime::Runtime::Exec> exec_;
  const bool terminal_;
  std::atomic<bool> writing_ = false;
};

class AttachedProcess final : public PodProcess {
 public:
  AttachedProcess(std::unique_ptr<runtime::Streams> streams, runtime::Runtime& runtime,
                  std::string id)
      : streams_(std::move(streams)), runtime_(runtime), id_(std::move(id)) {}

  Result<void> write(std::string_view input) override { return streams_->write(input); }
  void close_input() override { streams_->close_input(); }
  void resize(unsigned rows, unsigned columns) override {
    [[maybe_unused]] const auto resized = runtime_.resize(id_, rows, columns);
  }
  void hang_up() override {}

 private:
  std::unique_ptr<runtime::Streams> streams_;
  runtime::Runtime& runtime_;
  const std::string id_;
};

class StreamsOfPods final : public server::PodStreams {
 public:
  StreamsOfPods(const PodsOfNode& pods, runtime::Runtime& runtime, std::string node_name,
                NodeLogs logs)
      : access_(pods, runtime), node_name_(std::move(node_name)), logs_(std::move(logs)) {}

  std::optional<server::ContainerState> find(const ContainerOfPod& container) const override {
    const auto found = access_.find(container.namespace_name, container.pod, container.container);
    if (!found) return std::nullopt;
    return server::ContainerState{
        .running = !found->id.empty() && found->state == runtime::ContainerState::kRunning,
        .terminal = found->terminal,
        .open_stdin = found->open_stdin};
  }

  Result<std::unique_ptr<server::PodLog>> open_log(const ContainerOfPod& container,
                                                   const server::LogRequest& request) override {
    COVE_TRY(std::string run, access_.run_of_log(container.namespace_name, container.pod,
                                                 container.container, request.previous));
    return std::make_unique<LogOfRun>(access_, std::move(run), request);
  }

  Result<std::unique_ptr<PodProcess>> exec(const ContainerOfPod& container,
                                           const server::CommandRequest& request,
                                           PodProcess::Handlers handlers) override {
    const CommandWish wish{.command = request.command,
                           .in = request.in,
                           .out = request.out,
                           .error = request.error,
                           .terminal = request.terminal};
    COVE_TRY(auto process, access_.exec(container.namespace_name, container.pod,
                                        container.container, wish, stream_handlers(handlers),
                                        [ended = handlers.ended](int code) { ended(code); }));
    return std::make_unique<ExecutedProcess>(std::move(process), request.terminal);
  }

  Result<std::unique_ptr<PodProcess>> attach(const ContainerOfPod& container,
                                             const server::CommandRequest& request,
                                             PodProcess::Handlers handlers) override {
    runtime::Streams::Handlers wanted =
        stream_handlers({.output =
                             [output = handlers.output, out = request.out, error = request.error](
                                 PodProcess::Output which, std::string_view bytes) {
                               if (which == PodProcess::Output::kOut ? out : error)
                                 output(which, bytes);
                             },
                         .ended = nullptr});
    wanted.closed = [ended = handlers.ended] { ended(std::nullopt); };
    const auto found = access_.find(container.namespace_name, container.pod, container.container);
    COVE_TRY(auto streams, access_.attach(container.namespace_name, container.pod,
                                          container.container, std::move(wanted)));
    return std::make_unique<AttachedProcess>(std::move(streams), access_.runtime(),
                                             found ? found->id : std::string());
  }

  Result<Fd> connect(const ContainerOfPod& pod, std::uint16_t port) override {
    return access_.connect_port(pod.namespace_name, pod.pod, port);
  }

  Result<server::NodeLogPage> open_node_log(const std::string& node,
                                            const std::string& path) override {
    if (node != node_name_)
      return Error{ErrorCode::kNotFound, "read the log", path, "it is another node's", {}};
    COVE_TRY(NodeLogs::Page page, logs_.open(path));
    return server::NodeLogPage{.folder = page.folder,
                               .names = std::move(page.names),
                               .file = std::move(page.file),
                               .bytes = page.bytes};
  }

 private:
  const PodAccess access_;
  const std::string node_name_;
  const NodeLogs logs_;
};

}  // namespace

std::shared_ptr<server::PodStreams> make_pod_streams(const PodsOfNode& pods,
                                                     runtime::Runtime& runtime,
                                                     std::string node_name, NodeLogs logs) {
  return std::make_shared<StreamsOfPods>(pods, runtime, std::move(node_name), std::move(logs));
}

}  // namespace cove::node
