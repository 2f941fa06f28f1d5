#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/drivers.h"
#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ParsingTest : public ::testing::Test {
 protected:
  // The request that a start with these arguments makes.
  provision::StartRequest start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "start");
    EXPECT_EQ(test_.run(arguments), kOk) << test_.err.str();
    return test_.clusters->request.value_or(provision::StartRequest{});
  }
  TestWorld test_;
};

TEST_F(ParsingTest, StartWithoutOptionsWishesNothing) {
  const auto request = start({});
  EXPECT_FALSE(request.cpus || request.memory_mib || request.disk_gib || request.network ||
               request.registry_mirrors);
  EXPECT_TRUE(request.wait);
  EXPECT_THAT(test_.clusters->calls, ElementsAre("start cove"));
}

TEST_F(ParsingTest, EveryOptionOfStart) {
  const auto request =
      start({"--cpus", "4", "--memory=4g", "--disk-size", "40g", "--network", "nat",
             "--registry-mirror", "https://one.example",
             "--registry-mirror=http://two.example:5000", "--no-wait", "-p", "dev"});
  EXPECT_EQ(request.cpus, 4U);
  EXPECT_EQ(request.memory_mib, 4096U);
  EXPECT_EQ(request.disk_gib, 40U);
  EXPECT_EQ(request.network, vm::NetworkMode::kNat);
  EXPECT_THAT(*request.registry_mirrors,
              ElementsAre("https://one.example", "http://two.example:5000"));
  EXPECT_FALSE(request.wait);
  EXPECT_THAT(test_.clusters->calls, ElementsAre("start dev"));
}

TEST_F(ParsingTest, SizesAsMinikubeWritesThem) {
  EXPECT_EQ(start({"--memory", "2048"}).memory_mib, 2048U);
  EXPECT_EQ(start({"--memory", "2048mb"}).memory_mib, 2048U);
  EXPECT_EQ(start({"--memory", "2GiB"}).memory_mib, 2048U);
  EXPECT_EQ(start({"--disk", "20480"}).disk_gib, 20U);
  EXPECT_EQ(start({"--disk", "20g"}).disk_gib, 20U);
  EXPECT_EQ(test_.out.str().find("whole GiB"), std::string::npos);
  EXPECT_EQ(start({"--disk-size", "20000mb"}).disk_gib, 20U);
  EXPECT_THAT(test_.out.str(), HasSubstr("Disks are whole GiB here: the data disk gets 20 GiB."));
}

TEST_F(ParsingTest, WaitAsMinikubeWritesIt) {
  EXPECT_TRUE(start({"--wait"}).wait);
  EXPECT_TRUE(start({"--wait=all"}).wait);
  EXPECT_TRUE(start({"--wait=true"}).wait);
  EXPECT_FALSE(start({"--wait=false"}).wait);
  EXPECT_FALSE(start({"--wait=none"}).wait);
  EXPECT_FALSE(start({"--no-wait"}).wait);
}

TEST_F(ParsingTest, GlobalOptionsBeforeAndBehindTheCommand) {
  EXPECT_EQ(test_.run({"-p", "a", "stop"}), kOk);
  EXPECT_EQ(test_.run({"stop", "--profile=b"}), kOk);
  EXPECT_EQ(test_.run({"-v", "profile", "list", "-o", "json"}), kOk);
  EXPECT_THAT(test_.clusters->calls, ElementsAre("stop a", "stop b", "list"));
}

struct Wrong {
  const char* name;
  std::vector<std::string> arguments;
  const char* sentence;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

class WrongUsage : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongUsage, IsOneClearSentence) {
  TestWorld test;
  EXPECT_EQ(test.run(GetParam().arguments), kUsage);
  EXPECT_THAT(test.err.str(), HasSubstr(GetParam().sentence));
  const std::string said = test.err.str();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_THAT(test.clusters->calls, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongUsage,
    ::testing::Values(
        Wrong{"Command",
              {"frobnicate"},
              "cove: there is no command 'frobnicate'. See 'cove --help'.\n"},
        Wrong{"GlobalOption", {"--frobnicate"}, "there is no option '--frobnicate'"},
        Wrong{"Option",
              {"start", "--frobnicate"},
              "cove: there is no option '--frobnicate'. See 'cove start --help'.\n"},
        Wrong{"Extra", {"stop", "now"}, "now"}, Wrong{"TwoCommands", {"stop", "start"}, "start"},
        Wrong{"Cpus", {"start", "--cpus", "two"}, "--cpus: 'two' is not a number of CPUs"},
        Wrong{"NoCpus", {"start", "--cpus", "0"}, "--cpus: '0' is not a number of CPUs"},
        Wrong{"NegativeCpus", {"start", "--cpus=-1"}, "--cpus: '-1' is not"},
        Wrong{"Memory",
              {"start", "--memory", "2x"},
              "--memory: cannot read the size '2x': the unit 'x' is not known"},
        Wrong{"NegativeMemory", {"start", "--memory=-2g"}, "--memory: cannot read the size '-2g'"},
        Wrong{"SmallMemory", {"start", "--memory", "5k"}, "--memory: '5k' is too small"},
        Wrong{"HugeMemory", {"start", "--memory", "99999999999999g"}, "--memory: "},
        Wrong{"MemoryMissing", {"start", "--memory"}, "--memory"},
        Wrong{"Disk", {"start", "--disk-size", ""}, "--disk-size"},
        Wrong{"Network",
              {"start", "--network", "bridge"},
              "--network: 'bridge' is not known; use user or nat"},
        Wrong{"Mirror",
              {"start", "--registry-mirror", "mirror.example"},
              "--registry-mirror: 'mirror.example' is not the address of a registry"},
        Wrong{"MirrorSpace", {"start", "--registry-mirror", "https://a b"}, "--registry-mirror"},
        Wrong{"Driver",
              {"start", "--driver", "floppy"},
              "--driver: cannot use the driver 'floppy': no driver has this name"},
        Wrong{
            "Output", {"status", "-o", "yaml"}, "--output: 'yaml' is not known; use text or json"},
        Wrong{"Length", {"logs", "-n", "many"}, "many"}, Wrong{"Shell", {"completion"}, "shell"},
        Wrong{"Profile", {"status", "-p", "Not A Name"}, "Not A Name"},
        Wrong{"ProfilePath", {"delete", "-p", "../x"}, "../x"},
        Wrong{"ProfileWithoutList", {"profile"}, "cove profile --help"},
        Wrong{"Dashes", {"stop", "--", "now"}, "only 'cove ssh' takes a command behind '--'"},
        Wrong{"ControlCharacters", {"start", "--memory", "\x1b[2J"}, "\\x1b[2J"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(ParsingTest, UnknownDriverListsTheKnownOnes) {
  test_.run({"start", "--vm-driver", "floppy"});
  for (const std::string& name : known_drivers()) EXPECT_THAT(test_.err.str(), HasSubstr(name));
}

TEST_F(ParsingTest, DriversOfTutorialsAreTakenAsWhatThisHostHas) {
  for (const char* name : {"kvm2", "xhyve", "hyperkit", "virtualbox", "vmware", "parallels",
                           "hyperv", "qemu", "qemu2", "kvm", "KVM2"}) {
    TestWorld test;
    EXPECT_EQ(test.run({"start", "--vm-driver", name}), kOk) << name;
    EXPECT_THAT(test.out.str(),
                HasSubstr("using what this computer has, libvirt 9.0.0, QEMU 7.2.22 with KVM."))
        << name;
  }
  for (const char* name : {"docker", "podman", "none"}) {
    TestWorld test;
    EXPECT_EQ(test.run({"start", std::string("--driver=") + name}), kOk) << name;
    EXPECT_THAT(test.out.str(), HasSubstr("Cove always runs its node in a virtual machine; using"))
        << name;
  }
  EXPECT_EQ(start({"--driver", "auto"}).wait, true);
  EXPECT_EQ(test_.out.str().find("Driver"), std::string::npos);
}

TEST_F(ParsingTest, DriverOfAHostThatCannotBeAsked) {
  test_.clusters->host_error =
      Error{ErrorCode::kUnavailable, "reach", "libvirt", "it is not there", ""};
  start({"--driver", "kvm2"});
  EXPECT_THAT(test_.out.str(),
              HasSubstr("Driver 'kvm2': using what this computer has, libvirt and QEMU."));
}

TEST_F(ParsingTest, HelpIsWorthReading) {
  EXPECT_EQ(test_.run({"--help"}), kOk);
  const std::string help = test_.out.str();
  for (const char* part : {"Examples:", "Exit codes:", "start", "profile", "completion", "Clusters",
                           "Looking", "Tools", "--profile"}) {
    EXPECT_THAT(help, HasSubstr(part));
  }
  test_.out.str("");
  EXPECT_EQ(test_.run({"start", "--help"}), kOk);
  for (const char* part : {"--cpus", "--memory", "--disk-size", "--vm-driver", "--registry-mirror",
                           "--no-wait", "Examples:"}) {
    EXPECT_THAT(test_.out.str(), HasSubstr(part));
  }
  EXPECT_EQ(test_.run({}), kOk) << "no command at all shows the help";
  EXPECT_THAT(test_.out.str(), HasSubstr("Exit codes:"));
  EXPECT_EQ(test_.err.str(), "");
}

}  // namespace
}  // namespace cove::cli
