// Layers, packed and plain: nothing is made outside the folder, and the bounds hold. The parser
// runs in this process, without the confinement that stands around it otherwise.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/image/rooted.h"
#include "core/image/unpack_stream.h"
#include "core/image/unpacker.h"
#include "tests/fuzz/fuzz.h"

namespace {
// What closes folders to others than root would keep them from being removed.
void open_up(const cove::Path& folder) {
  namespace fs = std::filesystem;
  fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add);
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::is_directory(entry.symlink_status())) open_up(entry.path());
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  namespace image = cove::image;
  static const cove::fuzz::Folder folder;
  static const cove::Path top = folder.write("beside", "untouched").parent_path();
  static const cove::Fd above(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  require(::mkdirat(above.get(), "root", 0755) == 0, "a fresh folder");
  {
    const cove::Fd root(::openat(above.get(), "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::string_view rest = cove::fuzz::text(data, size);
    image::UnpackOptions options;
    options.layer = size % 2 == 0;
    options.limits.entries = 200;
    options.limits.bytes = 1 << 20;
    options.limits.ratio_grace = 1 << 20;
    options.limits.depth = 20;
    image::UnpackStream stream(
        [&](char* buffer, std::size_t most) -> cove::Result<std::size_t> {
          const std::size_t n = rest.copy(buffer, most);
          rest.remove_prefix(n);
          return n;
        },
        options.limits, !options.layer, options.layer);
    const auto counts = image::unpack_tar(
        root.get(), options, [&] { return stream.next(); }, nullptr);
    if (counts) {
      require(counts->entries <= options.limits.entries, "entries are bounded");
      require(counts->bytes <= options.limits.bytes, "sizes are bounded");
    } else {
      require(!counts.error().cause.empty(), "a refusal has a reason");
    }
  }
  const auto names = image::folder_names(above.get());
  require(names && *names == std::vector<std::string>{"beside", "root"}, "nothing came beside it");
  struct stat status {};
  require(::fstatat(above.get(), "beside", &status, 0) == 0 && status.st_size == 9 &&
              status.st_nlink == 1,
          "what was beside it is untouched");
  open_up(top / "root");
  require(image::remove_in(above.get(), "root").has_value(), "it can be removed");
  return 0;
}
