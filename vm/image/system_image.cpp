#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>

#include "core/base/strings.h"
#include "vm/image/image.h"

namespace cove::vm {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxManifest = 1 << 20;
constexpr std::size_t kMaxFiles = 64;
constexpr std::size_t kMaxCommandLine =
    1024;  // the kernel takes 2048, of which Cove adds its own part
constexpr std::uint64_t kMaxFileSize = 1ULL << 40;
constexpr int kFormat = 1;
constexpr const char* kKernel = "vmlinux";
constexpr const char* kInitrd = "initrd.img";
constexpr const char* kRoot = "system.erofs";
constexpr const char* kData = "data.qcow2";
constexpr const char* kAction = "use the system image";
constexpr const char* kReinstall = "Reinstall Cove, or build the system image again.";

struct FileEntry {
  std::uint64_t size = 0;
  std::string sha256;
};

struct Manifest {
  std::string version;
  std::string digest;
  std::string command_line;
  std::string command_line_software;
  std::map<std::string, FileEntry> files;
};

Error corrupt(const Path& where, std::string cause) {
  return Error{ErrorCode::kCorrupt, kAction, where.string(), std::move(cause), kReinstall};
}

struct DigestDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// SHA-256 of what it is fed.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
      throw std::bad_alloc();
  }
  void update(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), raw.data(), &length);
    std::string text;
    for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", raw[i]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, DigestDeleter> context_;
};

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// A plain name inside the image's folder, never a way out of it.
bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '.') return false;
  return name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
         std::string_view::npos;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Result<std::string> text_member(const json::object& object, std::string_view key,
                                std::size_t max_length, const Path& path) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return corrupt(path, fmt::format("\"{}\" is missing", key));
  if (!value->is_string()) return corrupt(path, fmt::format("\"{}\" is not a string", key));
  std::string text(value->get_string());
  if (text.size() > max_length) {
    return corrupt(path, fmt::format("\"{}\" is longer than {} characters", key, max_length));
  }
  if (!is_printable(text))
    return corrupt(path, fmt::format("\"{}\" has characters it may not have", key));
  return text;
}

std::optional<std::uint64_t> unsigned_number(const json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0)
    return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

Result<FileEntry> parse_file(const std::string& name, const json::value& value, const Path& path) {
  const auto bad = [&](std::string_view what) {
    return corrupt(path, fmt::format("\"files\" / \"{}\": {}", escape_control(name), what));
  };
  if (!is_plain_name(name)) return bad("the name is not a plain file name");
  if (!value.is_object()) return bad("it is not an object");
  const json::object& object = value.get_object();
  const json::value* size = object.if_contains("size");
  const std::optional<std::uint64_t> bytes =
      size != nullptr ? unsigned_number(*size) : std::nullopt;
  if (!bytes || *bytes > kMaxFileSize) return bad("\"size\" is not a size in bytes");
  const json::value* sha = object.if_contains("sha256");
  if (sha == nullptr || !sha->is_string() || !is_sha256_hex(sha->get_string())) {
    return bad("\"sha256\" is not 64 lowercase hexadecimal digits");
  }
  return FileEntry{*bytes, std::string(sha->get_string())};
}

Result<std::map<std::string, FileEntry>> parse_files(const json::object& manifest,
                                                     const Path& path) {
  const json::value* files = manifest.if_contains("files");
  if (files == nullptr || !files->is_object()) return corrupt(path, "\"files\" is not an object");
  if (files->get_object().size() > kMaxFiles) {
    return corrupt(path, fmt::format("\"files\" lists more than {} files", kMaxFiles));
  }
  std::map<std::string, FileEntry> entries;
  for (const auto& member : files->get_object()) {
    const std::string name(member.key());
    COVE_TRY(FileEntry entry, parse_file(name, member.value(), path));
    entries.emplace(name, std::move(entry));
  }
  for (const char* name : {kKernel, kInitrd, kRoot}) {
    if (!entries.contains(name))
      return corrupt(path, fmt::format("\"files\" does not list {}", name));
  }
  return entries;
}

std::string digest_of(const std::map<std::string, FileEntry>& files) {
  Sha256 hash;
  for (const auto& [name, entry] : files) hash.update(fmt::format("{} {}\n", name, entry.sha256));
  return "sha256:" + hash.hex();
}

Result<void> check_format(const json::object& manifest, const Path& path) {
  const json::value* value = manifest.if_contains("format");
  const std::optional<std::uint64_t> format =
      value != nullptr ? unsigned_number(*value) : std::nullopt;
  if (!format || *format == 0) return corrupt(path, "\"format\" is not a positive number");
  if (*format > kFormat) {
    return Error{
        ErrorCode::kUnsupported, kAction, path.string(),
        fmt::format("its format is {} and this version of Cove knows {} only", *format, kFormat),
        "Update Cove."};
  }
  return {};
}

Result<Manifest> parse_manifest(std::string_view text, const Path& path) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 16;
  const json::value document = json::parse(text, error, {}, options);
  if (error) return corrupt(path, fmt::format("it is not JSON ({})", error.message()));
  if (!document.is_object()) return corrupt(path, "it is not a JSON object");
  const json::object& object = document.get_object();
  COVE_CHECK(check_format(object, path));
  Manifest manifest;
  COVE_TRY(manifest.version, text_member(object, "version", 64, path));
  COVE_TRY(manifest.digest, text_member(object, "digest", 128, path));
  COVE_TRY(manifest.command_line, text_member(object, "command_line", kMaxCommandLine, path));
  COVE_TRY(manifest.command_line_software,
           text_member(object, "command_line_software", kMaxCommandLine, path));
  COVE_TRY(manifest.files, parse_files(object, path));
  if (manifest.digest != digest_of(manifest.files)) {
    return corrupt(path, "\"digest\" is not that of the files it lists");
  }
  return manifest;
}

Result<Manifest> read_manifest(const Path& directory) {
  const Path path = directory / "manifest.json";
  auto text = read_file(path, kMaxManifest);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) {
      return Error{ErrorCode::kNotFound, "find a system image in", directory.string(),
                   "there is no manifest.json", kReinstall};
    }
    if (text.error().code == ErrorCode::kResourceExhausted)
      return corrupt(path, text.error().cause);
    return text.error();
  }
  return parse_manifest(*text, path);
}

Result<void> check_size(const Path& file, std::uint64_t expected) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    if (errno == ENOENT) return corrupt(file, "the file is missing");
    return errno_error(errno, kAction, file.string(), kReinstall);
  }
  if (!S_ISREG(info.st_mode)) return corrupt(file, "it is not a regular file");
  if (static_cast<std::uint64_t>(info.st_size) != expected) {
    return corrupt(file,
                   fmt::format("it has {} bytes and the manifest says {}", info.st_size, expected));
  }
  return {};
}

Result<std::string> hash_file(const Path& file) {
  Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "verify", file.string(), kReinstall);
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "verify", file.string(), kReinstall);
    if (n == 0) return hash.hex();
    hash.update({buffer.data(), static_cast<std::size_t>(n)});
  }
}

}  // namespace

Result<SystemImage> open_system_image(const Path& directory) {
  COVE_TRY(const Manifest manifest, read_manifest(directory));
  for (const auto& [name, entry] : manifest.files)
    COVE_CHECK(check_size(directory / name, entry.size));
  SystemImage image;
  image.directory = directory;
  image.kernel = directory / kKernel;
  image.initrd = directory / kInitrd;
  image.root = directory / kRoot;
  if (manifest.files.contains(kData)) image.data = directory / kData;
  image.version = manifest.version;
  image.digest = manifest.digest;
  image.command_line = manifest.command_line;
  image.command_line_software = manifest.command_line_software;
  return image;
}

Result<void> verify_system_image(const SystemImage& image) {
  COVE_TRY(const Manifest manifest, read_manifest(image.directory));
  if (manifest.digest != image.digest) {
    return Error{ErrorCode::kConflict, "verify", image.directory.string(),
                 "the image was replaced meanwhile", "Try again."};
  }
  for (const auto& [name, entry] : manifest.files) {
    const Path file = image.directory / name;
    COVE_CHECK(check_size(file, entry.size));
    COVE_TRY(const std::string sha256, hash_file(file));
    if (sha256 != entry.sha256) return corrupt(file, "its bytes are not those the manifest lists");
  }
  return {};
}

Path default_system_image_directory() {
  std::error_code error;
  const Path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const Path folder = error ? Path("/usr/bin") : program.parent_path();
  return (folder / ".." / "share" / "cove" / "system").lexically_normal();
}

}  // namespace cove::vm
