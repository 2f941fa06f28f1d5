// What the tests of kubectl share: one coved for a whole program, commands as one writes them in a
// shell, and golden files of what they print.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/coved/harness.h"
#include "tests/support/golden.h"

namespace cove::testing {

// The program's own coved: started when first asked for, ended with the program.
Coved& shared_coved();

// Splits at spaces; 'single quotes' keep them.
std::vector<std::string> words(std::string_view line);

// With everything that differs from run to run replaced by its name in <>: uids, revisions, times,
// ages, addresses of this machine. Runs of spaces inside of lines become three.
std::string masked(std::string text);

// Compares with tests/golden/kubectl/<name>, or writes it when COVE_UPDATE_GOLDEN is 1.
void expect_golden(const std::string& name, const std::string& text);

// One version of kubectl against the shared coved.
class KubectlSuite : public ::testing::TestWithParam<std::string> {
 protected:
  // `line` without "kubectl" itself; "@" at the start of a word is the scratch folder.
  Completed run(std::string_view line);
  // Its output; the test fails when it does.
  std::string ok(std::string_view line);
  // What it says on standard error; the test fails when it does not fail.
  std::string refused(std::string_view line);
  bool newest() const { return GetParam() == "kubectl"; }
  // A namespace of this test and version alone, made when first asked for; and removed.
  void TearDown() override;
  void use_namespace(const std::string& name);
  // Writes a file into the scratch folder.
  std::string file(const std::string& name, std::string_view text);
  Path scratch() const { return directory_.path(); }

 private:
  TempDir directory_;
  std::string namespace_;
};

// For INSTANTIATE_TEST_SUITE_P.
inline std::string version_name(const ::testing::TestParamInfo<std::string>& each) {
  return each.param == "kubectl" ? "Newest" : "V1_20";
}

}  // namespace cove::testing
