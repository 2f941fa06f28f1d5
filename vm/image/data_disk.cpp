#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/strings.h"
#include "vm/image/image.h"

namespace cove::vm {
namespace {

constexpr std::uint64_t kGiB = 1ULL << 30;
constexpr std::uint64_t kMaxGiB = 64 * 1024;
constexpr std::size_t kHeaderBytes = 104;  // of version 3
constexpr std::uint32_t kMagic = 0x514649fb;
constexpr auto kCreateTimeout = std::chrono::seconds(60);
// Growing may first repair reference counts that a killed QEMU left behind.
constexpr auto kResizeTimeout = std::chrono::minutes(5);

// The parts of a qcow2 header that decide whether the disk is one of ours: QEMU's
// docs/interop/qcow2.txt.
struct Header {
  std::uint64_t virtual_size = 0;
};

std::uint64_t big_endian(std::string_view bytes, std::size_t offset, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

Error corrupt(const Path& file, std::string cause) {
  return Error{
      ErrorCode::kCorrupt, "use the data disk", file.string(), std::move(cause),
      "It was left untouched; restore it from a backup, or delete the cluster and start it again."};
}

Result<Header> parse_header(std::string_view bytes, std::uint64_t file_size, const Path& file) {
  if (bytes.size() < kHeaderBytes || big_endian(bytes, 0, 4) != kMagic) {
    return corrupt(file, bytes.empty() ? "the file is empty" : "it is not a qcow2 disk");
  }
  if (const auto version = big_endian(bytes, 4, 4); version != 3) {
    return corrupt(file,
                   fmt::format("it is a qcow2 disk of version {}, not of version 3", version));
  }
  if (big_endian(bytes, 8, 8) != 0)
    return corrupt(file, "it has a backing file, which Cove's disks never have");
  if (big_endian(bytes, 32, 4) != 0)
    return corrupt(file, "it is encrypted, which Cove's disks never are");
  const std::uint64_t incompatible = big_endian(bytes, 72, 8);
  if ((incompatible & 2) != 0) return corrupt(file, "QEMU marked it as corrupt");
  if ((incompatible & 4) != 0)
    return corrupt(file, "it keeps its data in another file, which Cove's disks never do");
  if ((incompatible & ~std::uint64_t{1}) != 0)
    return corrupt(file, "it uses qcow2 features Cove's disks never use");
  const std::uint64_t cluster_bits = big_endian(bytes, 20, 4);
  if (cluster_bits < 9 || cluster_bits > 21)
    return corrupt(file, "its header has an impossible cluster size");
  const Header header{big_endian(bytes, 24, 8)};
  if (header.virtual_size == 0 || header.virtual_size % 512 != 0 ||
      header.virtual_size > kMaxGiB * kGiB) {
    return corrupt(file, "its header has an impossible size");
  }
  const std::uint64_t table_bytes = big_endian(bytes, 36, 4) * 8;
  const std::uint64_t table_offset = big_endian(bytes, 40, 8);
  if (table_offset > file_size || table_bytes > file_size - table_offset)
    return corrupt(file, "it is cut off");
  return header;
}

// Nothing when there is no such file.
Result<std::optional<Header>> read_header(const Path& file) {
  // Not blocking on a FIFO somebody put there.
  Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    if (errno == ENOENT) return std::optional<Header>();
    return errno_error(errno, "open the data disk", file.string());
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_error(errno, "open the data disk", file.string());
  if (!S_ISREG(info.st_mode)) return corrupt(file, "it is not a regular file");
  std::string bytes(kHeaderBytes, '\0');
  std::size_t length = 0;
  while (length < bytes.size()) {
    const ssize_t n =
        ::pread(fd.get(), bytes.data() + length, bytes.size() - length, static_cast<off_t>(length));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "read the data disk", file.string());
    if (n == 0) break;
    length += static_cast<std::size_t>(n);
  }
  bytes.resize(length);
  COVE_TRY(Header header, parse_header(bytes, static_cast<std::uint64_t>(info.st_size), file));
  return std::optional<Header>(header);
}

bool mentions(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

// What qemu-img said, without its own name in front.
std::string complaint(const Completed& completed) {
  std::string_view text = trim(completed.standard_error);
  if (const auto end = text.rfind('\n'); end != std::string_view::npos)
    text = trim(text.substr(end + 1));
  if (text.starts_with("qemu-img: ")) text.remove_prefix(10);
  if (text.empty()) return fmt::format("qemu-img ended with code {}", completed.exit_code);
  return "qemu-img: " + escape_control(text.substr(0, 500));
}

Error failure(const Completed& completed, const char* action, const Path& file) {
  const std::string& said = completed.standard_error;
  Error error{ErrorCode::kUnavailable, action, file.string(), complaint(completed), ""};
  if (mentions(said, "No space left") || mentions(said, "Disk quota exceeded")) {
    error.code = ErrorCode::kResourceExhausted;
    error.cause = mentions(said, "quota") ? "your disk quota is used up"
                                          : "the disk of this computer is full";
    error.remedy = fmt::format("Free some space in {} and try again.", file.parent_path().string());
  } else if (mentions(said, " lock")) {
    error.code = ErrorCode::kConflict;
    error.cause = "another program has it open";
    error.remedy = "Stop the cluster first.";
  } else if (mentions(said, "Permission denied")) {
    error.code = ErrorCode::kPermissionDenied;
  }
  return error;
}

Result<void> run_qemu_img(std::vector<std::string> argv, const char* action, const Path& file,
                          Spawner& spawner, std::chrono::milliseconds timeout,
                          std::stop_token stop) {
  Command command;
  command.argv = std::move(argv);
  auto completed = spawner.run(command, timeout, stop);
  if (!completed) {
    Error error = completed.error();
    if (error.code == ErrorCode::kNotFound) {
      error.cause = "the program qemu-img is not installed";
      error.remedy = "Install QEMU's disk tools (Debian and Ubuntu: the package qemu-utils).";
    }
    error.action = action;
    error.subject = file.string();
    return error;
  }
  if (completed->exit_code != 0) return failure(*completed, action, file);
  return {};
}

Result<void> sync_path(const Path& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd) return errno_error(errno, "sync", path.string());
  if (::fsync(fd.get()) != 0) return errno_error(errno, "sync", path.string());
  return {};
}

Result<void> copy_bytes(const Path& from, int to, const Path& file) {
  const Fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) return errno_error(errno, "create the data disk", file.string());
  constexpr std::size_t kAtOnce = 1 << 30;
  ssize_t n = 0;
  while ((n = ::sendfile(to, source.get(), nullptr, kAtOnce)) != 0) {
    if (n < 0 && errno != EINTR) return errno_error(errno, "create the data disk", file.string());
  }
  return {};
}

// Whether a disk of `bytes` can begin as a copy of `formatted`.
bool fits(const Path& formatted, std::uint64_t bytes) {
  if (formatted.empty()) return false;
  const auto header = read_header(formatted);
  return header && *header && (*header)->virtual_size == bytes;
}

Result<void> make_new(const Path& temporary, const Path& file, std::uint64_t bytes,
                      Spawner& spawner, std::stop_token stop, const Path& formatted) {
  // Made here first, so that nobody else may ever open it; qemu-img keeps owner and mode.
  Fd made(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!made) return errno_error(errno, "create the data disk", file.string());
  if (fits(formatted, bytes)) {
    COVE_CHECK(copy_bytes(formatted, made.get(), file));
  } else {
    COVE_CHECK(run_qemu_img({"qemu-img", "create", "-q", "-f", "qcow2", "-o",
                             "compat=1.1,preallocation=off,lazy_refcounts=on", temporary.string(),
                             std::to_string(bytes)},
                            "create the data disk", file, spawner, kCreateTimeout, stop));
  }
  if (::chmod(temporary.c_str(), 0600) != 0)
    return errno_error(errno, "create the data disk", file.string());
  COVE_TRY(const std::optional<Header> header, read_header(temporary));
  if (!header || header->virtual_size != bytes) {
    return Error{ErrorCode::kInternal, "create the data disk", file.string(),
                 "it was made with another size", ""};
  }
  COVE_CHECK(sync_path(temporary, O_RDONLY));
  if (::rename(temporary.c_str(), file.c_str()) != 0)
    return errno_error(errno, "create the data disk", file.string());
  return sync_path(file.has_parent_path() ? file.parent_path() : Path("."), O_RDONLY | O_DIRECTORY);
}

Result<void> create(const Path& file, std::uint64_t bytes, Spawner& spawner, std::stop_token stop,
                    const Path& formatted) {
  // One fixed name, so that what a killed program left behind is found and replaced.
  const Path temporary = file.string() + ".new";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
    return errno_error(errno, "remove", temporary.string(), "Remove it by hand.");
  }
  auto made = make_new(temporary, file, bytes, spawner, stop, formatted);
  if (!made) ::unlink(temporary.c_str());
  return made;
}

}  // namespace

Result<void> ensure_data_disk(const Path& file, std::uint64_t size_gib, Spawner& spawner,
                              std::stop_token stop, const Path& formatted) {
  if (size_gib == 0 || size_gib > kMaxGiB) {
    return Error{ErrorCode::kInvalidArgument, "create the data disk", file.string(),
                 fmt::format("a size of {} GiB is not possible", size_gib),
                 fmt::format("Choose between 1 and {} GiB.", kMaxGiB)};
  }
  const std::uint64_t bytes = size_gib * kGiB;
  COVE_TRY(const std::optional<Header> header, read_header(file));
  if (!header) return create(file, bytes, spawner, stop, formatted);
  if (header->virtual_size == bytes) return {};
  if (header->virtual_size > bytes) {
    return Error{
        ErrorCode::kInvalidArgument, "make the data disk smaller", file.string(),
        fmt::format("it has {} and disks cannot shrink", format_size(header->virtual_size)),
        fmt::format("Ask for {} GiB or more, or delete the cluster and start it again.",
                    (header->virtual_size + kGiB - 1) / kGiB)};
  }
  return run_qemu_img(
      {"qemu-img", "resize", "-q", "-f", "qcow2", file.string(), std::to_string(bytes)},
      "grow the data disk", file, spawner, kResizeTimeout, stop);
}

}  // namespace cove::vm
