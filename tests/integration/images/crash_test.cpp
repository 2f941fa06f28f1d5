// The process that unpacks dies: the confined child goes with it, and nothing half-made is seen.
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "core/base/strings.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using namespace test;

// Processes whose arguments have `text`.
std::size_t count_processes(const std::string& text) {
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto arguments = read_file(entry.path() / "cmdline", 65536);
    if (arguments && arguments->find(text) != std::string::npos) ++count;
  }
  return count;
}

TEST(Crash, LeavesNoChildAndNoHalfLayer) {
  cove::test::TemporaryFolder folder;
  const Path layers = folder / "layers";
  const pid_t parent = ::fork();
  if (parent == 0) {
    auto store = LayerStore::open({layers, worker(), null_logger()});
    TarEntry entry;
    entry.name = "endless";
    entry.size = 1ULL << 33;
    std::string header;
    TarWriter writer(into(header));
    (void)writer.header(entry);
    std::string data;
    (void)writer.data(std::string(300 << 10, 'x'));
    int calls = 0;
    (void)(*store)->unpack(
        [&](std::size_t) -> Result<std::string> {
          if (++calls == 1) return header;
          ::pause();
          return data;
        },
        {}, {});
    ::_exit(0);
  }
  const std::string drafts = (layers / "tmp").string();
  ASSERT_TRUE(eventually([&] { return count_processes(drafts) > 0; }));
  ASSERT_TRUE(eventually([&] {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(drafts, error)) {
      if (entry.path().filename() == "endless") return true;
    }
    return false;
  }));
  ::kill(parent, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(parent, &status, 0), parent);
  EXPECT_TRUE(eventually([&] { return count_processes(drafts) == 0; }));
  const auto store = LayerStore::open({layers, worker(), null_logger()}).value();
  EXPECT_TRUE(store->list().empty());
  EXPECT_TRUE(eventually([&] { return std::filesystem::is_empty(drafts); }));
}

}  // namespace
}  // namespace cove::image
