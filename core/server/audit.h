// AuditLog: who asked for what and how it ended, one audit.k8s.io/v1 Event a line (kubernetes.io
// "Auditing"). Thread-safe.
#pragma once

#include <atomic>
#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/server/request.h"

namespace cove::server {

// kRequest adds what was sent, but never a Secret, a token or a review of one.
enum class AuditLevel { kMetadata, kRequest };

struct AuditRecord {
  std::shared_ptr<const Request> request;
  RequestInfo info;
  WallTime received;
  User user = {};                         // who asked
  std::optional<User> impersonated = {};  // as whom
  boost::json::value body = {};           // what was sent; null: not told
};

class AuditLog {
 public:
  struct Options {
    Path path;  // made with mode 0600 when absent, else added to
    AuditLevel level = AuditLevel::kMetadata;
    std::uint64_t max_bytes = 64 << 20;  // then it becomes PATH.1, and PATH.1 goes
    std::size_t max_waiting = 8 << 20;   // bytes not written yet; more events are dropped
  };
  static Result<std::unique_ptr<AuditLog>> open(Options options, const Clock& clock,
                                                Logger& logger);
  // Writes what waits.
  ~AuditLog();

  // Whether a record should have its body.
  bool wants_body(const RequestInfo& info, std::size_t bytes) const;
  // Never waits for the disk.
  void write(const AuditRecord& record, int status, bool stream);

 private:
  AuditLog(Options options, const Clock& clock, Logger& logger);
  Result<void> open_file();
  void append(const std::string& line);

  const Options options_;
  const Clock& clock_;
  Logger& logger_;
  Fd file_;                 // the writer's
  std::uint64_t size_ = 0;  // likewise
  bool failing_ = false;    // likewise
  std::atomic<std::size_t> waiting_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  EventLoop writer_;
};

// The event's document.
boost::json::object audit_event(const AuditRecord& record, AuditLevel level, int status,
                                bool stream, WallTime now);

}  // namespace cove::server
