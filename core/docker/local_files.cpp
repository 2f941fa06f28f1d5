#include "core/docker/local_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/base/bounded.h"
#include "core/base/strings.h"
#include "core/docker/build_context.h"

namespace cove::docker {
namespace {

// Pieces of a build context between the thread that reads the folder and the one that sends.
constexpr std::size_t kPiecesAhead = 16;

}  // namespace

Result<std::string> build_folder(const EngineClient& engine, const Path& folder,
                                 const BuildOptions& options, const OnText& text,
                                 std::stop_token stop) {
  BoundedQueue<std::string> pieces(kPiecesAhead);
  std::optional<Error> broken;
  std::mutex mutex;
  std::condition_variable room;
  bool given_up = false;
  std::jthread reader([&] {
    const auto put = [&](std::string_view bytes) -> Result<void> {
      std::unique_lock lock(mutex);
      room.wait(lock, [&] { return given_up || pieces.push(std::string(bytes)); });
      if (!given_up) return {};
      return Error{ErrorCode::kCancelled, "send", "the build context", "nobody reads it", {}};
    };
    const auto written = write_build_context(folder, options.dockerfile, put, stop);
    std::lock_guard lock(mutex);
    if (!written) broken = written.error();
    pieces.close();
  });
  const auto source = [&](std::size_t) -> Result<std::string> {
    auto piece = pieces.pop();
    std::lock_guard lock(mutex);
    room.notify_one();
    if (piece) return std::move(*piece);
    if (broken) return *broken;
    return std::string();
  };
  auto built = engine.build(options, source, text, stop);
  {
    std::lock_guard lock(mutex);
    given_up = true;
    room.notify_one();
  }
  reader.join();
  if (broken && broken->code != ErrorCode::kCancelled) return *broken;
  return built;
}

Result<void> load_from(const EngineClient& engine, int input, const std::string& name,
                       const OnText& text, std::stop_token stop) {
  const auto source = [input, name](std::size_t max) -> Result<std::string> {
    std::string piece(std::min<std::size_t>(max, 256 * 1024), '\0');
    ssize_t n;
    do {
      n = ::read(input, piece.data(), piece.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0) return errno_error(errno, "read", name);
    piece.resize(static_cast<std::size_t>(n));
    return piece;
  };
  return engine.load(source, text, std::move(stop));
}

Result<void> load_file(const EngineClient& engine, const Path& file, const OnText& text,
                       std::stop_token stop) {
  const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) return errno_error(errno, "load", file.string());
  return load_from(engine, opened.get(), file.string(), text, std::move(stop));
}

Result<void> save_file(const EngineClient& engine, const std::vector<std::string>& images,
                       const Path& file, const std::function<void(std::uint64_t)>& progress,
                       std::stop_token stop) {
  const std::string name = file.string();
  const std::string part = fmt::format("{}.part-{}", name, random_hex(4));
  const Fd out(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!out) return errno_error(errno, "write", name);
  std::uint64_t written = 0;
  const auto sink = [&](std::string_view bytes) -> Result<void> {
    COVE_CHECK(write_all(out.get(), bytes, name));
    written += bytes.size();
    progress(written);
    return {};
  };
  Result<void> done = engine.save(images, sink, std::move(stop));
  if (done && ::rename(part.c_str(), name.c_str()) != 0) done = errno_error(errno, "write", name);
  if (!done) ::unlink(part.c_str());
  return done;
}

}  // namespace cove::docker
