#include "core/base/log.h"

#include <spdlog/common.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "core/base/strings.h"

namespace cove {
namespace {

constexpr std::size_t kMaxLine = std::size_t{16} * 1024;
// Time stamp, level and the JSON around them.
constexpr std::size_t kMaxBody = kMaxLine - 100;
constexpr std::size_t kMaxName = 128;

// `text` as `quote` writes it, shortened until that takes at most `room` bytes; nothing when even
// the empty text does not fit.
template <class Quote>
std::string fitted(std::string_view text, std::size_t room, Quote quote) {
  text = text.substr(0, room);
  std::string quoted = quote(text);
  while (quoted.size() > room && !text.empty()) {
    text = text.substr(0, std::min(text.size() - 1, text.size() * room / quoted.size()));
    quoted = quote(text);
  }
  return quoted.size() <= room ? quoted : std::string();
}

// A sink that hands every formatted line to one write(2).
class FdSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FdSink(int fd) : fd_(fd) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* data = line.data();
    std::size_t left = line.size();
    while (left > 0) {
      const ssize_t n = ::write(fd_, data, left);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;  // a log that cannot be written must not stop the program
      data += n;
      left -= static_cast<std::size_t>(n);
    }
  }
  void flush_() override {}

 private:
  int fd_;
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

class SpdLogger final : public Logger {
 public:
  SpdLogger(int fd, LogFormat format, LogLevel minimum)
      : format_(format), logger_("cove", std::make_shared<FdSink>(fd)) {
    logger_.set_level(to_spdlog(minimum));
    const char* pattern = format == LogFormat::kJson
                              ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                              : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
    logger_.set_formatter(
        std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n"));
  }

  void log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields) override {
    if (!logger_.should_log(to_spdlog(level))) return;
    const bool json = format_ == LogFormat::kJson;
    const auto quote = json ? json_quote : escape_control;
    std::string line = json ? "\"message\":" : "";
    line += fitted(message, kMaxBody - line.size(), quote);
    for (const LogField& field : fields) {
      const std::string name =
          (json ? "," : " ") + fitted(field.name, kMaxName, quote) + (json ? ":" : "=");
      // A field without room for a value would be no JSON.
      if (line.size() + name.size() + 2 > kMaxBody) break;
      line += name + fitted(field.value, kMaxBody - line.size() - name.size(), quote);
    }
    logger_.log(to_spdlog(level), "{}", line);
  }

 private:
  LogFormat format_;
  spdlog::logger logger_;
};

class NullLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace

std::unique_ptr<Logger> make_logger(int fd, LogFormat format, LogLevel minimum) {
  return std::make_unique<SpdLogger>(fd, format, minimum);
}

Logger& null_logger() {
  static NullLogger logger;
  return logger;
}

}  // namespace cove
