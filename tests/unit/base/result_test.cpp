#include "core/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>

namespace cove {
namespace {

TEST(Error, IsOneSentenceAndItsRemedy) {
  const Error error{ErrorCode::kNotFound, "open", "/etc/cove", "no such file", "Make it."};
  EXPECT_EQ(error.message(), "cannot open /etc/cove: no such file. Make it.");
}

TEST(Error, LeavesOutWhatThereIsNot) {
  EXPECT_EQ((Error{ErrorCode::kInternal, "think", "", "out of ideas", ""}.message()),
            "cannot think: out of ideas.");
}

TEST(Error, KeepsOneFullStop) {
  EXPECT_EQ((Error{ErrorCode::kInternal, "go", "home", "it rains.", ""}.message()),
            "cannot go home: it rains.");
}

TEST(ErrorCode, HasANameOfItsOwnEach) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const auto name = to_string(static_cast<ErrorCode>(code));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos)
        << name;
  }
}

struct ErrnoCase {
  int number;
  ErrorCode code;
};
class ErrnoError : public ::testing::TestWithParam<ErrnoCase> {};

TEST_P(ErrnoError, HasItsCode) {
  const Error error = errno_error(GetParam().number, "do", "it");
  EXPECT_EQ(error.code, GetParam().code) << error.message();
  EXPECT_FALSE(error.cause.empty());
}

INSTANTIATE_TEST_SUITE_P(Table, ErrnoError,
                         ::testing::Values(ErrnoCase{ENOENT, ErrorCode::kNotFound},
                                           ErrnoCase{EEXIST, ErrorCode::kAlreadyExists},
                                           ErrnoCase{EACCES, ErrorCode::kPermissionDenied},
                                           ErrnoCase{EROFS, ErrorCode::kPermissionDenied},
                                           ErrnoCase{ENOSPC, ErrorCode::kResourceExhausted},
                                           ErrnoCase{EFBIG, ErrorCode::kResourceExhausted},
                                           ErrnoCase{EMFILE, ErrorCode::kResourceExhausted},
                                           ErrnoCase{EADDRINUSE, ErrorCode::kConflict},
                                           ErrnoCase{ECONNREFUSED, ErrorCode::kUnavailable},
                                           ErrnoCase{EIO, ErrorCode::kUnavailable},
                                           ErrnoCase{ETIMEDOUT, ErrorCode::kTimeout},
                                           ErrnoCase{ENOSYS, ErrorCode::kUnsupported},
                                           ErrnoCase{ENOTDIR, ErrorCode::kInvalidArgument},
                                           ErrnoCase{12345, ErrorCode::kInternal}));

TEST(ErrnoErrorText, HasADefaultRemedyThatTheCallerReplaces) {
  EXPECT_EQ(errno_error(ENOSPC, "write", "f").remedy, "Free some disk space and try again.");
  EXPECT_EQ(errno_error(ENOSPC, "write", "f", "Eat less.").remedy, "Eat less.");
}

Result<std::unique_ptr<int>> half(int number) {
  if (number % 2 != 0)
    return Error{ErrorCode::kInvalidArgument, "halve", std::to_string(number), "it is odd", ""};
  return std::make_unique<int>(number / 2);
}
Result<int> quarter(int number) {
  COVE_TRY(auto first, half(number));
  COVE_TRY(auto second, half(*first));
  return *second;
}
Result<void> check_even(int number) {
  COVE_CHECK(half(number));
  return {};
}

TEST(ResultMacros, GoOnWithTheValue) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_TRUE(check_even(4));
}

TEST(ResultMacros, ReturnTheError) {
  EXPECT_EQ(quarter(7).error().subject, "7");
  EXPECT_EQ(quarter(6).error().subject, "3");
  EXPECT_EQ(check_even(3).error().code, ErrorCode::kInvalidArgument);
}

TEST(Result, ValueOfAFailureIsABug) {
  EXPECT_THROW((void)quarter(7).value(), std::logic_error);
}

}  // namespace
}  // namespace cove
