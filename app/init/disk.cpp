#include "app/init/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <thread>

#include "core/base/strings.h"

namespace cove::init {
namespace {

constexpr std::chrono::minutes kFormatTimeout{5};
constexpr std::chrono::minutes kCheckTimeout{30};
// A disk that is larger by less than this was only rounded.
constexpr std::uint64_t kGrowStep = 16 << 20;

Error disk_error(ErrorCode code, std::string action, std::string cause, std::string remedy = {}) {
  return Error{code, std::move(action), "the data disk", std::move(cause), std::move(remedy)};
}

Result<std::uint64_t> size_of(const Fd& fd) {
  const off_t end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0) return errno_error(errno, "measure", "the data disk");
  return static_cast<std::uint64_t>(end);
}

Result<std::string> read_at(const Fd& fd, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n =
        ::pread(fd.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return errno_error(n < 0 ? errno : EIO, "read", "the data disk");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

Result<void> write_tail(const Path& device, std::uint64_t size, std::string_view text) {
  const Fd fd(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", "the data disk");
  std::string block(4096, '\0');
  block.replace(0, text.size(), text);
  if (::pwrite(fd.get(), block.data(), block.size(), static_cast<off_t>(size - kTail)) !=
          static_cast<ssize_t>(block.size()) ||
      ::fsync(fd.get()) != 0) {
    return errno_error(errno, "write to", "the data disk");
  }
  return {};
}

Result<DiskContent> look(const Path& device, std::uint64_t& size) {
  const Fd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", "the data disk");
  COVE_TRY(size, size_of(fd));
  if (size < 64 * kTail) {
    return disk_error(ErrorCode::kInvalidArgument, "use",
                      fmt::format("it has only {}", format_size(size)),
                      "Give the cluster a larger disk.");
  }
  // A disk of ours shows it in its first blocks, and then the rest need not be read.
  constexpr std::size_t kBlocks = 4096;
  COVE_TRY(const std::string first, read_at(fd, 0, kBlocks));
  COVE_TRY(const std::string mark, read_at(fd, size - kTail, kBlocks));
  if (DiskContent content = classify(first, mark); content.kind == DiskContent::Kind::kCove)
    return content;
  COVE_TRY(const std::string head, read_at(fd, 0, kHead));
  COVE_TRY(const std::string tail, read_at(fd, size - kTail, kTail));
  return classify(head, tail);
}

Result<void> format(const Path& device, std::uint64_t size, const RunProgram& run) {
  COVE_CHECK(write_tail(device, size, kFormattingMark));
  COVE_TRY(const Completed done,
           run({"/usr/sbin/mkfs.ext4", "-q", "-F", "-m", "1", "-L", std::string(kDataLabel), "-E",
                "lazy_itable_init=1,lazy_journal_init=1,nodiscard", device.string(),
                fmt::format("{}k", (size - kTail) / 1024)},
               kFormatTimeout));
  if (done.exit_code != 0) {
    return disk_error(
        ErrorCode::kInternal, "format",
        fmt::format("mkfs.ext4 ended with code {}: {}", done.exit_code, trim(done.standard_error)));
  }
  return write_tail(device, size, {});
}

Result<void> check(const Path& device, const RunProgram& run,
                   const std::function<void(const std::string&)>& say) {
  say("the data disk was not left clean; checking it");
  COVE_TRY(const Completed done, run({"/usr/sbin/e2fsck", "-p", device.string()}, kCheckTimeout));
  constexpr int kUncorrected = 4;  // and above; 1 and 2 mean "corrected"
  if (done.exit_code >= kUncorrected) {
    return disk_error(
        ErrorCode::kCorrupt, "use",
        fmt::format("its file system is damaged and e2fsck -p cannot repair it (code {}): {}",
                    done.exit_code, trim(done.standard_output)),
        "Run 'e2fsck -f' on it by hand, or delete the cluster.");
  }
  return {};
}

}  // namespace

Result<Path> find_disk(std::string_view serial, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/sys/block", ignored)) {
      const auto text = read_file(entry.path() / "serial", 256);
      const Path device = Path("/dev") / entry.path().filename();
      if (text.has_value() && trim(*text) == serial && ::access(device.c_str(), F_OK) == 0)
        return device;
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{ErrorCode::kNotFound, "find", fmt::format("the disk '{}'", serial),
                   "the virtual machine has none", ""};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<DiskContent> make_ready(const Path& device, const RunProgram& run,
                               const std::function<void(const std::string&)>& say) {
  std::uint64_t size = 0;
  COVE_TRY(DiskContent content, look(device, size));
  switch (content.kind) {
    case DiskContent::Kind::kForeign:
      return Error{
          ErrorCode::kCorrupt, "use", "the data disk",
          fmt::format("the data disk holds {}, not a Cove file system; it is left untouched",
                      content.description),
          "Give the cluster its own disk back, or delete the cluster."};
    case DiskContent::Kind::kBlank:
    case DiskContent::Kind::kUnfinished:
      say("formatting the data disk");
      COVE_CHECK(format(device, size, run));
      break;
    case DiskContent::Kind::kCove:
      if (content.clean) return content;
      COVE_CHECK(check(device, run, say));
      break;
  }
  COVE_TRY(content, look(device, size));
  if (content.kind != DiskContent::Kind::kCove) {
    return disk_error(ErrorCode::kInternal, "use",
                      "after formatting or checking it is not what was written");
  }
  return content;
}

Result<void> mount_data(const Path& device, const DiskContent& content, const Path& target,
                        const std::function<void(const std::string&)>& say) {
  if (::mount(device.c_str(), target.c_str(), "ext4", MS_NOATIME, "discard") != 0) {
    return errno_error(errno, "mount", "the data disk");
  }
  const Fd disk(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  COVE_TRY(const std::uint64_t size, size_of(disk));
  if (size - kTail < content.file_system_bytes + kGrowStep) return {};
  struct statfs info {};
  const Fd root(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root || ::fstatfs(root.get(), &info) != 0)
    return errno_error(errno, "measure", "the data disk");
  std::uint64_t blocks = (size - kTail) / static_cast<std::uint64_t>(info.f_bsize);
  constexpr unsigned long kResize = _IOW('f', 16, std::uint64_t);  // EXT4_IOC_RESIZE_FS
  if (::ioctl(root.get(), kResize, &blocks) != 0)
    return errno_error(errno, "grow", "the data disk's file system");
  say(fmt::format("the data disk has grown to {}", format_size(size)));
  return {};
}

}  // namespace cove::init
