// What a process can still do once it is confined. As root everything is asked for; an ordinary
// user gets as much of it as the machine allows.
#include <sys/socket.h>

#include <set>

#include "core/os/confined.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

std::set<std::string> probe(const Path& root, const Path& outside) {
  const Path program = test::worker().parent_path() / "confined_probe";
  auto child = os::start_confined(program, {root.string(), outside.string()});
  EXPECT_TRUE(child.has_value()) << child.error().message();
  std::set<std::string> said;
  char buffer[512];
  ssize_t n = 0;
  while ((n = ::recv(child->control.get(), buffer, sizeof buffer, 0)) > 0)
    said.emplace(buffer, static_cast<std::size_t>(n));
  EXPECT_EQ(child->process.wait(std::chrono::seconds(10)), 0);
  return said;
}

TEST(Confinement, LeavesFilesMemoryAndThreadsAlone) {
  cove::test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "root");
  test::write(folder / "secret", "secret");
  const auto said = probe(folder / "root", folder / "secret");
  EXPECT_TRUE(said.contains("end"));
  EXPECT_TRUE(said.contains("file works"));
  EXPECT_TRUE(said.contains("thread works"));
  EXPECT_EQ(test::read(folder / "root" / "made"), "x");
  for (const char* forbidden : {"inet", "unix", "pair", "fork", "exec", "mount", "chroot",
                                "unshare", "ptrace", "kill", "setuid", "code", "gigabyte"}) {
    EXPECT_TRUE(said.contains(std::string(forbidden) + " refused")) << forbidden;
  }
  if (::geteuid() == 0) {
    EXPECT_TRUE(said.contains("privileged"));
    EXPECT_TRUE(said.contains("chrooted"));
  }
  if (said.contains("chrooted")) {
    for (const char* forbidden : {"outside", "proc", "dotdot"})
      EXPECT_TRUE(said.contains(std::string(forbidden) + " refused")) << forbidden;
  }
}

TEST(Confinement, OfAFolderThatIsNotThereFails) {
  cove::test::TemporaryFolder folder;
  auto child = os::start_confined(test::worker().parent_path() / "confined_probe",
                                  {(folder / "none").string(), "/"});
  ASSERT_TRUE(child.has_value());
  char buffer[512];
  const ssize_t n = ::recv(child->control.get(), buffer, sizeof buffer, 0);
  ASSERT_GT(n, 0);
  EXPECT_THAT(std::string(buffer, static_cast<std::size_t>(n)),
              testing::StartsWith("confine failed: cannot open"));
  EXPECT_EQ(child->process.wait(std::chrono::seconds(10)), 1);
}

}  // namespace
}  // namespace cove::image
