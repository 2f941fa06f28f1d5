#include "tests/fault/api/history.h"

#include <gtest/gtest.h>

namespace cove::testing {
namespace {

using Kind = Operation::Kind;
using Result = Operation::Result;

constexpr Kind kRead = Kind::kRead;
constexpr Kind kCreate = Kind::kCreate;
constexpr Kind kPut = Kind::kPut;
constexpr Kind kSwap = Kind::kCompareAndSwap;
constexpr Kind kDelete = Kind::kDelete;
constexpr Result kDone = Result::kDone;
constexpr Result kAbsent = Result::kAbsent;
constexpr Result kRefused = Result::kRefused;
constexpr Result kUnknown = Result::kUnknown;
constexpr Result kNoEffect = Result::kNoEffect;

// {kind, result, value, expected, call, answer}
struct Case {
  const char* name;
  bool good;
  const char* initial;
  History history;
  Versions versions = {};
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"Nothing", true, "", {}},
      {"OneAfterTheOther",
       true,
       "",
       {{kCreate, kDone, "a", "", 1, 2},
        {kRead, kDone, "a", "", 3, 4},
        {kSwap, kDone, "b", "a", 5, 6},
        {kPut, kDone, "c", "", 7, 8},
        {kDelete, kDone, "", "", 9, 10},
        {kRead, kAbsent, "", "", 11, 12}}},
      {"AStaleRead", false, "a", {{kPut, kDone, "b", "", 1, 2}, {kRead, kDone, "a", "", 3, 4}}},
      {"AReadDuringAWriteMaySeeEither",
       true,
       "a",
       {{kPut, kDone, "b", "", 1, 10},
        {kRead, kDone, "a", "", 2, 3},
        {kRead, kDone, "b", "", 4, 5}}},
      {"ReadsDoNotGoBack",
       false,
       "a",
       {{kPut, kDone, "b", "", 1, 10},
        {kRead, kDone, "b", "", 2, 3},
        {kRead, kDone, "a", "", 4, 5}}},
      {"ALostWrite", false, "", {{kCreate, kDone, "a", "", 1, 2}, {kRead, kAbsent, "", "", 3, 4}}},
      {"ADeletedThingComesBack",
       false,
       "a",
       {{kDelete, kDone, "", "", 1, 2}, {kRead, kDone, "a", "", 3, 4}}},
      {"TwoSwapsOfOneValue",
       false,
       "a",
       {{kSwap, kDone, "b", "a", 1, 4}, {kSwap, kDone, "c", "a", 2, 3}}},
      {"OneOfTwoSwapsLoses",
       true,
       "a",
       {{kSwap, kDone, "b", "a", 1, 4}, {kSwap, kRefused, "c", "a", 2, 3}}},
      {"ASwapRefusedForNoReason", false, "a", {{kSwap, kRefused, "b", "a", 1, 2}}},
      {"ASwapOfNothing", true, "", {{kSwap, kAbsent, "b", "a", 1, 2}}},
      {"TwoCreates", false, "", {{kCreate, kDone, "a", "", 1, 4}, {kCreate, kDone, "b", "", 2, 3}}},
      {"ACreateBetweenTwoDeletes",
       true,
       "a",
       {{kDelete, kDone, "", "", 1, 9},
        {kDelete, kDone, "", "", 1, 9},
        {kCreate, kDone, "b", "", 2, 3}}},
      {"APutCreatesNothing", false, "", {{kPut, kDone, "a", "", 1, 2}}},
      {"AnUnknownWriteMayHaveWorked",
       true,
       "a",
       {{kPut, kUnknown, "b", "", 1, 0}, {kRead, kDone, "b", "", 5, 6}}},
      {"AnUnknownWriteMayHaveFailed",
       true,
       "a",
       {{kPut, kUnknown, "b", "", 1, 0}, {kRead, kDone, "a", "", 5, 6}}},
      {"AnUnknownWriteMayComeLate",
       true,
       "a",
       {{kPut, kUnknown, "b", "", 1, 0},
        {kRead, kDone, "a", "", 5, 6},
        {kRead, kDone, "b", "", 7, 8}}},
      {"AnUnknownWriteWorksOnce",
       false,
       "a",
       {{kPut, kUnknown, "b", "", 1, 0},
        {kRead, kDone, "b", "", 2, 3},
        {kPut, kDone, "c", "", 4, 5},
        {kRead, kDone, "b", "", 6, 7}}},
      {"AnUnknownWriteNotBeforeItsCall",
       false,
       "a",
       {{kRead, kDone, "b", "", 1, 2}, {kPut, kUnknown, "b", "", 3, 0}}},
      {"AnUnknownDeleteExplainsAbsence",
       true,
       "a",
       {{kDelete, kUnknown, "", "", 1, 0}, {kRead, kAbsent, "", "", 2, 3}}},
      {"WhatNobodyWrote", false, "a", {{kRead, kDone, "x", "", 1, 2}}},
      {"ARefusalWithoutALook", true, "a", {{kPut, kNoEffect, "b", "", 1, 2}}},
      {"WhatHadNoEffectIsNotRead",
       false,
       "a",
       {{kPut, kNoEffect, "b", "", 1, 2}, {kRead, kDone, "b", "", 3, 4}}},
      {"VersionsGrow",
       true,
       "a",
       {{kPut, kDone, "b", "", 1, 2}, {kPut, kDone, "c", "", 3, 4}},
       {{"a", 5}, {"b", 6}, {"c", 9}}},
      {"VersionsGoBack",
       false,
       "a",
       {{kPut, kDone, "b", "", 1, 2}, {kPut, kDone, "c", "", 3, 4}},
       {{"a", 5}, {"b", 9}, {"c", 6}}},
      {"VersionsOrderWhatOverlaps",
       false,
       "a",
       {{kPut, kDone, "b", "", 1, 4}, {kPut, kDone, "c", "", 2, 3}, {kRead, kDone, "c", "", 5, 6}},
       {{"b", 9}, {"c", 6}}},
  };
  return all;
}

class HistoryTest : public ::testing::TestWithParam<Case> {};

TEST_P(HistoryTest, IsJudged) {
  const Case& one = GetParam();
  EXPECT_EQ(is_linearizable(one.history, one.initial, one.versions), one.good)
      << describe(one.history);
}

INSTANTIATE_TEST_SUITE_P(Histories, HistoryTest, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

TEST(HistorySizeTest, ThousandsOfOverlappingOperationsAreJudged) {
  // Four writers whose calls overlap all the time, and a reader who sees every fourth write.
  History history;
  std::string last = "start";
  for (std::uint64_t i = 0; i < 2000; ++i) {
    for (std::uint64_t writer = 0; writer < 4; ++writer) {
      const std::string value = "v" + std::to_string(i) + "-" + std::to_string(writer);
      history.push_back({kPut, kDone, value, "", i * 20 + writer, i * 20 + 10 + writer});
      last = value;
    }
    history.push_back({kRead, kDone, last, "", i * 20 + 15, i * 20 + 16});
  }
  EXPECT_TRUE(is_linearizable(history, "start", {}));
  history.push_back({kRead, kDone, "v1000-0", "", 50'000, 50'001});
  EXPECT_FALSE(is_linearizable(history, "start", {}));
}

}  // namespace
}  // namespace cove::testing
