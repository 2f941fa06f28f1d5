// Every kind through kubectl: a minimal and a full object made, shown in every way and removed.
// Manifests: tests/golden/manifests; what is printed: tests/golden/kubectl/kinds.

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "core/base/strings.h"
#include "tests/integration/kubectl/suite.h"

namespace cove::testing {
namespace {

std::vector<std::string> manifests() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_path("tests/golden/manifests"))) {
    names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

// kubectl lists what a LimitRange says of containers in any order: it walks a map. Here by name.
std::string with_sorted_limits(const std::string& described) {
  std::istringstream lines(described);
  std::string all;
  std::set<std::string> limits;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Container ")) {
      limits.insert(line + "\n");
      continue;
    }
    for (const std::string& each : std::exchange(limits, {})) all += each;
    all += line + "\n";
  }
  for (const std::string& each : limits) all += each;
  return all;
}

// Without what kubectl 1.20 does not leave out.
std::string without_managed_fields(const std::string& yaml) {
  std::istringstream lines(yaml);
  std::string kept;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t indent = line.find_first_not_of(' ');
    if (line.ends_with("  managedFields:")) {
      inside = true;
      continue;
    }
    if (inside && (indent > 4 || line[indent] == '-')) continue;
    inside = false;
    kept += line + "\n";
  }
  return kept;
}

// The fields at the top of an object, or of a list's items, with the values that stand beside them.
std::map<std::string, std::string> top_fields(const std::string& yaml) {
  const std::size_t indent = yaml.find("\nkind: List\n") != std::string::npos ? 2 : 0;
  std::istringstream lines(yaml);
  std::map<std::string, std::string> fields;
  for (std::string line; std::getline(lines, line) && line != "kind: List";) {
    if (line.starts_with("- ")) line[0] = ' ';
    if (line.find_first_not_of(' ') != indent || line[indent] == '-') continue;
    const std::size_t colon = line.find(':');
    fields[line.substr(indent, colon - indent)] =
        std::string(trim(std::string_view(line).substr(colon + 1)));
  }
  return fields;
}

class KindsTest : public ::testing::TestWithParam<std::string> {
 protected:
  std::string kubectl(const std::string& version, std::vector<std::string> arguments) {
    const std::string shown = ::testing::PrintToString(arguments);
    const Completed completed = shared_coved().kubectl(version, std::move(arguments));
    EXPECT_EQ(completed.exit_code, 0) << version << " " << shown << "\n"
                                      << completed.standard_error;
    return masked(completed.standard_output + completed.standard_error);
  }
  // Nobody finishes namespaces and volumes here: they end when their finalizer is taken.
  std::string remove(const std::string& version) {
    if (GetParam().starts_with("core_persistentvolume")) {
      std::string text = kubectl(version, {"delete", "--wait=false", "-f", manifest()});
      kubectl("kubectl", {"patch", "-f", manifest(), "--type=merge", "-p",
                          R"({"metadata":{"finalizers":null}})"});
      return text;
    }
    if (GetParam() != "core_namespace") return kubectl(version, {"delete", "-f", manifest()});
    std::string text = kubectl(version, {"delete", "--wait=false", "-f", manifest()});
    TempDir directory;
    for (const std::string name : {"minimal", "full"}) {
      const Path file = directory.path() / name;
      EXPECT_TRUE(
          write_file_atomic(file,
                            R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name +
                                R"("},"spec":{"finalizers":[]}})",
                            0600)
              .has_value());
      kubectl("kubectl", {"replace", "--raw", "/api/v1/namespaces/" + name + "/finalize", "-f",
                          file.string()});
    }
    return text;
  }
  // What the objects have is explained, and that down to the last field.
  void expect_explained(const std::string& version, const std::string& resource,
                        const std::map<std::string, std::string>& fields) {
    const std::string text = kubectl(
        version, {"explain", resource, "--recursive", "--api-version=" + fields.at("apiVersion")});
    EXPECT_THAT(text, ::testing::HasSubstr("FIELDS:"));
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("<no description>")));
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("<empty>")));
    for (const auto& [field, value] : fields)
      EXPECT_THAT(text, ::testing::ContainsRegex("\n *" + field + "[ \t]*<")) << resource;
  }
  std::string manifest() const {
    return source_path("tests/golden/manifests/" + GetParam() + ".yaml").string();
  }
};

TEST_P(KindsTest, IsMadeShownAndRemoved) {
  std::string all;
  const auto section = [&](const std::string& title, const std::string& text) {
    all += "### " + title + "\n" + text;
  };
  const std::string created = kubectl("kubectl", {"create", "-f", manifest()});
  section("create", created);
  section("get -o wide", kubectl("kubectl", {"get", "-f", manifest(), "-o", "wide"}));
  const std::string yaml = kubectl("kubectl", {"get", "-f", manifest(), "-o", "yaml"});
  section("get -o yaml", yaml);
  const std::string resource = created.substr(0, created.find_first_of("./"));
  expect_explained("kubectl", resource, top_fields(yaml));
  // It reads the older description; of these the largest, and those that contain themselves.
  constexpr std::array kLargest{"core_pod", "batch_cronjob",
                                "apiextensions_customresourcedefinition",
                                "autoscaling_horizontalpodautoscaler"};
  if (std::ranges::find(kLargest, GetParam()) != kLargest.end())
    expect_explained("kubectl-1.20", resource, top_fields(yaml));
  section("describe", with_sorted_limits(kubectl("kubectl", {"describe", "-f", manifest()})));
  section("delete", remove("kubectl"));
  expect_golden("kinds/" + GetParam() + ".txt", all);
}

// kubectl 1.20 validates by OpenAPI v2 first; it prints the same table.
TEST_P(KindsTest, IsTheSameToTheOldKubectl) {
  const std::string old = "kubectl-1.20";
  kubectl(old, {"create", "-f", manifest()});
  const std::string wide = kubectl(old, {"get", "-f", manifest(), "-o", "wide"});
  EXPECT_EQ(wide, kubectl("kubectl", {"get", "-f", manifest(), "-o", "wide"}));
  const std::string yaml = kubectl(old, {"get", "-f", manifest(), "-o", "yaml"});
  EXPECT_EQ(without_managed_fields(yaml).find("managedFields"), std::string::npos);
  // It describes these by versions that are not served any more, by 1.36 neither.
  constexpr std::array kByOtherVersions{"batch_cronjob", "discovery_endpointslice",
                                        "policy_poddisruptionbudget"};
  if (std::ranges::find(kByOtherVersions, GetParam()) == kByOtherVersions.end())
    kubectl(old, {"describe", "-f", manifest()});
  remove(old);
}

INSTANTIATE_TEST_SUITE_P(All, KindsTest, ::testing::ValuesIn(manifests()),
                         [](const auto& each) { return each.param; });

// A kind that can be made and has no manifest here is not tested.
TEST(KindsSuite, EveryKindHasAManifest) {
  const Completed listed = shared_coved().kubectl(
      "kubectl", {"api-resources", "--no-headers", "--verbs=create,get,list", "-o", "name"});
  ASSERT_EQ(listed.exit_code, 0) << listed.standard_error;
  std::set<std::string> known;
  for (const std::string& each : manifests()) {
    const auto text = read_file(source_path("tests/golden/manifests/" + each + ".yaml"), 1 << 20);
    known.insert(each.substr(each.find('_') + 1));
  }
  std::istringstream lines(listed.standard_output);
  for (std::string line; std::getline(lines, line);) {
    std::string plural = line.substr(0, line.find('.'));
    const bool found = std::ranges::any_of(known, [&](const std::string& kind) {
      return plural == kind + "s" || plural == kind + "es" || plural == kind ||
             (kind.ends_with("y") && plural == kind.substr(0, kind.size() - 1) + "ies");
    });
    EXPECT_TRUE(found) << line << " has no manifest in tests/golden/manifests";
  }
}

}  // namespace
}  // namespace cove::testing
