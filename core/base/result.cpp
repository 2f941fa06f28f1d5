#include "core/base/result.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace cove {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid-argument";
    case ErrorCode::kNotFound: return "not-found";
    case ErrorCode::kAlreadyExists: return "already-exists";
    case ErrorCode::kPermissionDenied: return "permission-denied";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kResourceExhausted: return "resource-exhausted";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

std::string Error::message() const {
  std::string text = subject.empty() ? fmt::format("cannot {}: {}", action, cause)
                                     : fmt::format("cannot {} {}: {}", action, subject, cause);
  if (!text.empty() && text.back() != '.') text += '.';
  if (!remedy.empty()) text += " " + remedy;
  return text;
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error(fmt::format("unchecked failure at {}:{}: {}", where.file_name(),
                                     where.line(), error.message()));
}

namespace {

ErrorCode code_of_errno(int value) {
  switch (value) {
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR:
    case ENOTDIR:
    case ENOEXEC:
    case E2BIG:
    case ELOOP: return ErrorCode::kInvalidArgument;
    case ENOENT:
    case ESRCH: return ErrorCode::kNotFound;
    case EEXIST: return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::kPermissionDenied;
    case EBUSY:
    case EADDRINUSE:
    case ETXTBSY: return ErrorCode::kConflict;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EAGAIN: return ErrorCode::kResourceExhausted;
    case ETIMEDOUT: return ErrorCode::kTimeout;
    case ECANCELED: return ErrorCode::kCancelled;
    case EOPNOTSUPP:
    case ENOSYS: return ErrorCode::kUnsupported;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ENXIO:
    case ENODEV:
    case ENOTCONN:
    case EIO:
    case EHOSTUNREACH:
    case ENETUNREACH: return ErrorCode::kUnavailable;
    default: return ErrorCode::kInternal;
  }
}

std::string default_remedy(int value) {
  switch (value) {
    case ENOSPC:
    case EDQUOT: return "Free some disk space and try again.";
    case EACCES:
    case EPERM: return "Check who owns it and its permissions.";
    case EROFS: return "The file system is mounted read-only.";
    default: return {};
  }
}

}  // namespace

Error errno_error(int errno_value, std::string action, std::string subject, std::string remedy) {
  char buffer[128];
  const char* text = strerror_r(errno_value, buffer, sizeof buffer);
  return Error{code_of_errno(errno_value), std::move(action), std::move(subject), text,
               remedy.empty() ? default_remedy(errno_value) : std::move(remedy)};
}

}  // namespace cove
