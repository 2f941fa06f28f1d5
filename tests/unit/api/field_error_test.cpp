#include "core/api/field_error.h"

#include <gtest/gtest.h>

namespace cove::api {
namespace {

TEST(FieldErrorTest, MessagesAreUpstreams) {
  const FieldPath path = (FieldPath("spec") / "list").index(0) / "labels";
  ErrorList errors;
  errors.required(path.key("a.b/c"), "");
  errors.invalid(path, "x\"", "must be good");
  errors.invalid(path, 1.5, "");
  errors.invalid(path, json::object{{"a", 1}}, "no");
  errors.not_supported(path, "C", {"B", "A"});
  errors.forbidden(path, "why");
  errors.duplicate(path, 5);
  errors.not_found(path, true);
  errors.too_long(path, 1);
  errors.too_many(path, 5, 4);
  errors.type_invalid(path, "v", "d");
  errors.internal("", "oops");
  const std::string_view expected[] = {
      "spec.list[0].labels[a.b/c]: Required value",
      "spec.list[0].labels: Invalid value: \"x\\\"\": must be good",
      "spec.list[0].labels: Invalid value: 1.5",
      "spec.list[0].labels: Invalid value: {\"a\":1}: no",
      "spec.list[0].labels: Unsupported value: \"C\": supported values: \"A\", \"B\"",
      "spec.list[0].labels: Forbidden: why",
      "spec.list[0].labels: Duplicate value: 5",
      "spec.list[0].labels: Not found: true",
      "spec.list[0].labels: Too long: may not be more than 1 byte",
      "spec.list[0].labels: Too many: 5: must have at most 4 items",
      "spec.list[0].labels: Invalid value: \"v\": d",
      "<nil>: Internal error: oops"};
  ASSERT_EQ(errors.size(), std::size(expected));
  for (std::size_t i = 0; i < errors.size(); ++i)
    EXPECT_EQ(errors.errors()[i].message(), expected[i]);
  EXPECT_EQ(errors.errors()[0].reason(), "FieldValueRequired");
  EXPECT_EQ(errors.errors()[10].reason(), "FieldValueTypeInvalid");
}

TEST(FieldErrorTest, ListsAreJoinedAndBounded) {
  ErrorList errors;
  errors.required("a", "");
  EXPECT_EQ(errors.message(), "a: Required value");
  errors.required("a", "");
  errors.required("b", "");
  EXPECT_EQ(errors.message(), "[a: Required value, b: Required value]");
  for (int i = 0; i < 200; ++i) errors.required("c", "");
  EXPECT_EQ(errors.size(), 100U);
  EXPECT_EQ(errors.message(),
            "[a: Required value, b: Required value, c: Required value, and 103 more]");
}

}  // namespace
}  // namespace cove::api
