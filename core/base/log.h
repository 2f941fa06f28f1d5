// Logging: one line an event, as text for people or JSON for machines.
//
// Secrets do not reach a log because they are never formattable: keys and tokens travel as Secret,
// which prints as
// "[secret]".
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace cove {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// A value that must not be shown. reveal() where it is used, nowhere else.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// A named value beside the message: {"component", "init"}.
struct LogField {
  std::string_view name;
  std::string value;
};

// Thread-safe. One write(2) a line, so lines of several processes do not mix.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void log(LogLevel level, std::string_view message,
                   std::initializer_list<LogField> fields = {}) = 0;

  void debug(std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kDebug, m, f);
  }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kInfo, m, f);
  }
  void warn(std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kWarning, m, f);
  }
  void error(std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kError, m, f);
  }
};

// Writes to `fd` (borrowed, usually standard error). Control characters in messages and values are
// escaped, so that no outside byte can forge a line; a line is cut at 16 KiB.
std::unique_ptr<Logger> make_logger(int fd, LogFormat format, LogLevel minimum = LogLevel::kInfo);

// Drops everything.
Logger& null_logger();

}  // namespace cove

template <>
struct fmt::formatter<cove::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const cove::Secret&, Context& context) const {
    return fmt::formatter<std::string_view>::format("[secret]", context);
  }
};
