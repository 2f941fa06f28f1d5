#include "core/server/streaming/remote_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "core/api/document.h"

namespace cove::server {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxInput = 256 * 1024;
constexpr std::size_t kMaxSizeText = 256;
constexpr std::chrono::seconds kCreationTime{30};

}  // namespace

void RemoteCommand::ready() {
  const std::lock_guard lock(mutex_);
  ready_ = true;
  changed_.notify_all();
}

bool RemoteCommand::received(Channel channel, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (finishing_) return true;  // read away, so that its end is seen
  item_bytes_ += bytes.size();
  items_.push_back({channel, std::string(bytes), false});
  changed_.notify_all();
  return item_bytes_ < kMaxInput;
}

void RemoteCommand::ended(Channel channel) {
  const std::lock_guard lock(mutex_);
  items_.push_back({channel, {}, true});
  changed_.notify_all();
}

void RemoteCommand::gone() {
  std::shared_ptr<PodProcess> process;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    process = process_;
    changed_.notify_all();
  }
  if (process) process->hang_up();
}

PodProcess::Handlers RemoteCommand::handlers() {
  return {.output =
              [self = shared_from_this()](PodProcess::Output output, std::string_view bytes) {
                self->parts_.channels->write(
                    output == PodProcess::Output::kOut ? Channel::kOutput : Channel::kError, bytes);
              },
          .ended =
              [self = shared_from_this()](std::optional<int> exit_code) {
                const std::lock_guard lock(self->mutex_);
                self->over_ = true;
                self->exit_code_ = exit_code;
                self->changed_.notify_all();
              }};
}

void RemoteCommand::run(std::stop_token stop) {
  // Everything that waits here or below ends with the wire.
  const std::stop_callback on_stop(stop, [this] { parts_.channels->close(); });
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kCreationTime, [&] { return ready_ || gone_; });
    if (!ready_ || gone_) {
      lock.unlock();
      return parts_.channels->close();
    }
  }
  auto begun = parts_.begin(handlers());
  if (!begun) return finish(status_of(begun.error()));
  const std::shared_ptr<PodProcess> process = std::move(*begun);
  {
    const std::lock_guard lock(mutex_);
    process_ = process;
  }
  const bool ended = serve(*process);
  {
    const std::lock_guard lock(mutex_);
    process_.reset();
  }
  if (ended) return finish(status_of(exit_code_));
  process->close_input();
  process->hang_up();
}

void RemoteCommand::finish(const std::string& status) {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    items_.clear();
  }
  parts_.channels->finish(status);
}

bool RemoteCommand::serve(PodProcess& process) {
  bool reads = true;
  while (true) {
    Item item;
    bool room = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return over_ || gone_ || !items_.empty(); });
      if (over_) return true;
      if (gone_) return false;
      item = std::move(items_.front());
      items_.pop_front();
      const bool full = item_bytes_ >= kMaxInput;
      item_bytes_ -= item.bytes.size();
      room = full && item_bytes_ < kMaxInput;
    }
    if (room) parts_.channels->resume();
    if (item.channel == Channel::kResize) {
      resize(process, item.bytes);
    } else if (item.channel == Channel::kInput && item.end) {
      process.close_input();
    } else if (item.channel == Channel::kInput && reads) {
      // One that reads no more is no reason to leave: its output goes on.
      reads = process.write(item.bytes).has_value();
    }
  }
}

// {"Width":80,"Height":24}, one after the other, however they were cut.
void RemoteCommand::resize(PodProcess& process, std::string_view bytes) {
  size_text_.append(bytes.substr(0, kMaxSizeText));
  for (std::size_t end = 0; (end = size_text_.find('}')) != std::string::npos;) {
    boost::system::error_code bad;
    const json::value value = json::parse(size_text_.substr(0, end + 1), bad);
    size_text_.erase(0, end + 1);
    if (bad || !value.is_object()) continue;
    const auto side = [&](std::string_view name) {
      const auto given = api::integer_at(value.get_object(), {name}).value_or(0);
      return static_cast<unsigned>(std::clamp<std::int64_t>(given, 0, 0xffff));
    };
    if (side("Width") > 0 && side("Height") > 0) process.resize(side("Height"), side("Width"));
  }
  if (size_text_.size() > kMaxSizeText) size_text_.clear();
}

std::string RemoteCommand::status_of(std::optional<int> exit_code) const {
  if (!exit_code || *exit_code == 0) {
    if (!parts_.status_documents) return {};
    return json::serialize(json::object{{"metadata", json::object()}, {"status", "Success"}});
  }
  const std::string message = fmt::format(
      "command terminated with non-zero exit code: error executing command [{}], exit "
      "code {}",
      fmt::join(parts_.command, " "), *exit_code);
  if (!parts_.status_documents) return message;
  return json::serialize(json::object{
      {"metadata", json::object()},
      {"status", "Failure"},
      {"message", message},
      {"reason", "NonZeroExitCode"},
      {"details", json::object{{"causes", json::array{json::object{
                                              {"reason", "ExitCode"},
                                              {"message", std::to_string(*exit_code)}}}}}}});
}

std::string RemoteCommand::status_of(const Error& error) const {
  const std::string message =
      fmt::format("error {} container: {}",
                  parts_.command.empty() ? "attaching to" : "executing command in", error.cause);
  if (!parts_.status_documents) return message;
  return json::serialize(json::object{
      {"metadata", json::object()},
      {"status", "Failure"},
      {"message", "Internal error occurred: " + message},
      {"reason", "InternalError"},
      {"details", json::object{{"causes", json::array{json::object{{"message", message}}}}}},
      {"code", 500}});
}

}  // namespace cove::server
