#include "core/server/audit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "core/api/document.h"
#include "core/api/time.h"
#include "core/base/strings.h"

namespace cove::server {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxText = 4096;       // of one text from outside
constexpr std::size_t kMaxBody = 64 * 1024;  // longer bodies are left out

json::value text(std::string_view from) {
  std::size_t end = std::min(from.size(), kMaxText);
  // Not in the middle of a character.
  while (end > 0 && end < from.size() && (static_cast<unsigned char>(from[end]) & 0xc0) == 0x80)
    --end;
  return api::key(from.substr(0, end));
}

json::object user_of(const User& user) {
  json::object out{{"username", text(user.name)}};
  if (!user.uid.empty()) out["uid"] = text(user.uid);
  json::array groups;
  for (const std::string& group : user.groups) groups.push_back(text(group));
  if (!groups.empty()) out["groups"] = std::move(groups);
  json::object extra;
  for (const auto& [name, values] : user.extra) {
    json::array all;
    for (const std::string& value : values) all.push_back(text(value));
    extra[name] = std::move(all);
  }
  if (!extra.empty()) out["extra"] = std::move(extra);
  return out;
}

bool is_confidential(const RequestInfo& info) {
  return info.resource == "secrets" || info.resource == "tokenreviews" ||
         info.subresource == "token";
}

json::object reference_of(const RequestInfo& info) {
  json::object out{{"resource", text(info.resource)}};
  if (!info.namespace_name.empty()) out["namespace"] = text(info.namespace_name);
  if (!info.name.empty()) out["name"] = text(info.name);
  if (!info.group.empty()) out["apiGroup"] = text(info.group);
  out["apiVersion"] = text(info.version);
  if (!info.subresource.empty()) out["subresource"] = text(info.subresource);
  return out;
}

std::string_view host_of(std::string_view endpoint) {
  const std::string_view host = endpoint.substr(0, endpoint.rfind(':'));
  return host.size() > 2 && host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

json::object audit_event(const AuditRecord& record, AuditLevel level, int status, bool stream,
                         WallTime now) {
  const Request& request = *record.request;
  json::object event{
      {"kind", "Event"},
      {"apiVersion", "audit.k8s.io/v1"},
      {"level", level == AuditLevel::kRequest ? "Request" : "Metadata"},
      {"auditID", random_uuid()},
      {"stage", stream ? "ResponseStarted" : "ResponseComplete"},
      {"requestURI", text(request.raw_query.empty() ? request.raw_path
                                                    : request.raw_path + "?" + request.raw_query)},
      {"verb", text(record.info.verb)},
      {"user", user_of(record.user)}};
  if (record.impersonated) event["impersonatedUser"] = user_of(*record.impersonated);
  if (!request.remote_address.empty())
    event["sourceIPs"] = json::array{text(host_of(request.remote_address))};
  if (const auto agent = request.header("user-agent"); !agent.empty())
    event["userAgent"] = text(agent);
  if (record.info.is_resource) event["objectRef"] = reference_of(record.info);
  event["responseStatus"] = json::object{{"metadata", json::object()}, {"code", status}};
  if (!record.body.is_null()) event["requestObject"] = record.body;
  event["requestReceivedTimestamp"] = api::format_micro_time(record.received);
  event["stageTimestamp"] = api::format_micro_time(now);
  return event;
}

AuditLog::AuditLog(Options options, const Clock& clock, Logger& logger)
    : options_(std::move(options)), clock_(clock), logger_(logger) {}

Result<std::unique_ptr<AuditLog>> AuditLog::open(Options options, const Clock& clock,
                                                 Logger& logger) {
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(options), clock, logger));
  COVE_CHECK(log->open_file());
  log->writer_.start();
  return log;
}

AuditLog::~AuditLog() {
  writer_.stop();
}

bool AuditLog::wants_body(const RequestInfo& info, std::size_t bytes) const {
  return options_.level == AuditLevel::kRequest && bytes <= kMaxBody && !is_confidential(info);
}

Result<void> AuditLog::open_file() {
  file_ = Fd(::open(options_.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  struct stat facts {};
  if (!file_ || ::fstat(file_.get(), &facts) != 0) {
    return Error{ErrorCode::kPermissionDenied, "open", options_.path.string(),
                 std::generic_category().message(errno), "Choose another --audit-log."};
  }
  size_ = static_cast<std::uint64_t>(facts.st_size);
  return {};
}

void AuditLog::write(const AuditRecord& record, int status, bool stream) {
  std::string line =
      json::serialize(audit_event(record, options_.level, status, stream, clock_.wall()));
  line += '\n';
  const std::size_t bytes = line.size();
  if (waiting_.fetch_add(bytes) + bytes > options_.max_waiting) {
    waiting_.fetch_sub(bytes);
    dropped_.fetch_add(1);
    return;
  }
  writer_.post([this, line = std::move(line)] {
    append(line);
    waiting_.fetch_sub(line.size());
  });
}

void AuditLog::append(const std::string& line) {
  if (const std::uint64_t dropped = dropped_.exchange(0); dropped > 0)
    logger_.warn("audit events were dropped", {{"count", std::to_string(dropped)}});
  if (size_ + line.size() > options_.max_bytes) {
    const std::string old = options_.path.string() + ".1";
    if (::rename(options_.path.c_str(), old.c_str()) == 0) {
      if (auto opened = open_file(); !opened) return logger_.error(opened.error().message());
    }
  }
  const ssize_t written = ::write(file_.get(), line.data(), line.size());
  const bool whole = written == static_cast<ssize_t>(line.size());
  if (written > 0) size_ += static_cast<std::uint64_t>(written);
  if (!whole && !failing_) logger_.error("the audit log cannot be written");
  failing_ = !whole;
}

}  // namespace cove::server
