// Result and Error: how every expected failure travels.
//
// An Error says what was being done, to what, why it failed and what a person can do about it, so
// that one sentence for a human, an API Status and a dialog can all be made from it, each in one
// place. Exceptions are for bugs and allocation failure only.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace cove {

enum class ErrorCode {
  kInvalidArgument,    // the caller's input is wrong and stays wrong
  kNotFound,           // what was named does not exist
  kAlreadyExists,      // what was to be made exists
  kPermissionDenied,   // the operating system or the peer refused
  kConflict,           // somebody else is at it, or changed it meanwhile
  kResourceExhausted,  // disk, memory, ports, descriptors, quotas
  kUnavailable,        // a peer is not there (now)
  kTimeout,            // it took longer than it may
  kCancelled,          // the user asked to stop
  kCorrupt,            // stored bytes are not what we wrote
  kUnsupported,        // valid, but not with this version, host or backend
  kInternal,           // a bug in Cove
};

// The code's stable name as JSON output shows it, for example "resource-exhausted".
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string action;   // verb phrase: "open", "start the virtual machine"
  std::string subject;  // what it was done to: a path, a name; may be empty
  std::string cause;    // why, without a final full stop
  std::string remedy;   // what to do, a sentence; empty when there is nothing to say

  // "cannot <action> <subject>: <cause>. <remedy>"
  std::string message() const;
};

// Never called for expected failures: value() of a failed Result is a bug. Throws std::logic_error.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;

// The error of the last failed system call. `errno_value` decides code and cause.
Error errno_error(int errno_value, std::string action, std::string subject,
                  std::string remedy = {});

}  // namespace cove

#define COVE_CONCAT_INNER(a, b) a##b
#define COVE_CONCAT(a, b) COVE_CONCAT_INNER(a, b)

// Returns the error of `expression` from the enclosing function, or goes on.
#define COVE_CHECK(expression)                                      \
  do {                                                              \
    if (auto cove_result = (expression); cove_result.has_error()) { \
      return cove_result.error();                                   \
    }                                                               \
  } while (false)

// COVE_TRY(auto fd, open_file(path)): declares (or assigns) the value, or returns the error.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
#define COVE_TRY(declaration, expression) \
  COVE_TRY_INNER(COVE_CONCAT(cove_try_, __LINE__), declaration, expression)
#define COVE_TRY_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                           \
  if (temporary.has_error()) return temporary.error();     \
  declaration = std::move(*temporary)
// NOLINTEND(bugprone-macro-parentheses)
