#include "core/image/unpack_child.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <thread>

#include "core/base/strings.h"
#include "core/os/confined.h"

namespace cove::image {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

Error broken(std::string cause) {
  return Error{ErrorCode::kInternal, "unpack", "the layer", std::move(cause), ""};
}

struct ControlMessage {
  char kind = 0;  // 0: there are no more
  std::string text;
};

ControlMessage receive(int control) {
  std::string buffer(message::kMaxBytes, '\0');
  while (true) {
    const ssize_t n = ::recv(control, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return {};
    return {buffer[0], buffer.substr(1, static_cast<std::size_t>(n) - 1)};
  }
}

void answer(int control, char kind, int descriptor) {
  msghdr header{};
  iovec piece{&kind, 1};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> extra{};
  if (descriptor >= 0) {
    header.msg_control = extra.data();
    header.msg_controllen = extra.size();
    cmsghdr* attached = CMSG_FIRSTHDR(&header);
    attached->cmsg_level = SOL_SOCKET;
    attached->cmsg_type = SCM_RIGHTS;
    attached->cmsg_len = CMSG_LEN(sizeof(int));
    std::copy_n(reinterpret_cast<const char*>(&descriptor), sizeof descriptor,
                reinterpret_cast<char*>(CMSG_DATA(attached)));
  }
  ::sendmsg(control, &header, MSG_NOSIGNAL);
}

// What the child has said, until its end.
struct Heard {
  ChildReport report;
  bool done = false;
  std::optional<Error> error;
};

Error said(const std::string& text, const char* subject) {
  int code = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), code);
  const std::size_t start = static_cast<std::size_t>(end - text.data()) + 1;
  if (failure != std::errc() || start > text.size() || code < 0 ||
      code > static_cast<int>(ErrorCode::kInternal)) {
    return broken("the unpacking process said something unknown");
  }
  // It is confined because it may be in a stranger's hands: what it says is shown, not believed.
  return Error{static_cast<ErrorCode>(code), "unpack", subject,
               escape_control(std::string_view(text).substr(start, 4096)), ""};
}

void listen(int control, const ChildRequest& request, Heard& heard) {
  while (true) {
    const ControlMessage got = receive(control);
    switch (got.kind) {
      case 0: return;
      case message::kImplicit:
        if (heard.report.counts.implicit.size() < request.options.limits.entries)
          heard.report.counts.implicit.insert(got.text);
        break;
      case message::kDone: {
        const auto words = split(got.text, ' ');
        if (words.size() != 2) break;
        heard.report.diff_id = words[0];
        std::from_chars(words[1].data(), words[1].data() + words[1].size(),
                        heard.report.counts.bytes);
        heard.done = true;
        break;
      }
      case message::kFailed:
        heard.error = said(got.text, request.options.layer ? "the layer" : "the archive");
        break;
      case message::kFindLower: {
        const Fd found = request.find_lower ? request.find_lower(got.text) : Fd();
        answer(control, found ? message::kFound : message::kMissing, found.get());
        break;
      }
      default: break;
    }
  }
}

Result<void> send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "unpack", "the layer");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Feed feed_from(const ByteSource& source) {
  return [source](const ByteSink& sink) -> Result<void> {
    while (true) {
      COVE_TRY(const std::string bytes, source(kPieceBytes));
      if (bytes.empty()) return {};
      COVE_CHECK(sink(bytes));
    }
  };
}

ByteSource source_from(int fd, std::string subject) {
  return [fd, subject = std::move(subject)](std::size_t most) -> Result<std::string> {
    std::string bytes(std::min(most, kPieceBytes), '\0');
    while (true) {
      const ssize_t n = ::read(fd, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno_error(errno, "read the blob", subject);
      bytes.resize(static_cast<std::size_t>(n));
      return bytes;
    }
  };
}

Result<ChildReport> run_unpack_child(const ChildRequest& request, const Feed& feed,
                                     std::stop_token stop) {
  const auto cancelled = [] {
    return Error{ErrorCode::kCancelled, "unpack", "the layer", "it was cancelled", ""};
  };
  if (stop.stop_requested()) return cancelled();
  COVE_TRY(os::ConfinedChild child, os::start_confined(request.worker, to_arguments(request)));
  Heard heard;
  std::thread listener([&] { listen(child.control.get(), request, heard); });
  Result<void> fed;
  bool gone = false;
  {
    std::stop_callback on_stop(stop, [&] { child.process.signal(SIGKILL); });
    fed = feed([&](std::string_view bytes) -> Result<void> {
      auto sent = send_all(child.input.get(), bytes);
      gone = gone || !sent;
      return sent;
    });
    if (fed) {
      ::shutdown(child.input.get(), SHUT_WR);
    } else {
      // What has come so far could pass for the whole.
      child.process.signal(SIGKILL);
    }
    listener.join();
  }
  const int code = child.process.wait(std::chrono::hours(1)).value_or(255);
  if (stop.stop_requested()) return cancelled();
  if (heard.error) return *heard.error;
  if (!fed && !gone) return fed.error();
  if (!heard.done || code != 0)
    return broken(fmt::format("the unpacking process ended with code {}", code));
  return std::move(heard.report);
}

std::vector<std::string> to_arguments(const ChildRequest& request) {
  const UnpackOptions& options = request.options;
  const UnpackLimits& limits = options.limits;
  const auto id = [&](std::uint32_t value) {
    return options.owner ? std::to_string(value) : std::string("-");
  };
  const auto owner = options.owner.value_or(std::pair<std::uint32_t, std::uint32_t>());
  return {"--unpack-layer",
          request.root.string(),
          options.into,
          fmt::format("{} {} {} {} {} {}", limits.entries, limits.bytes, limits.ratio,
                      limits.ratio_grace, limits.path_bytes, limits.depth),
          fmt::format("{:d} {:d} {:d} {:d}", request.hash, options.layer, options.keep_owner,
                      options.no_overwrite_dir_non_dir),
          id(owner.first),
          id(owner.second),
          options.file_mode ? std::to_string(*options.file_mode) : "-"};
}

Result<ChildRequest> from_arguments(const std::vector<std::string>& arguments) {
  const auto wrong = [] {
    return Error{ErrorCode::kInvalidArgument, "unpack", "the layer", "the call is wrong", ""};
  };
  const auto numbers = [](const std::string& text) {
    std::vector<std::uint64_t> values;
    for (const std::string& word : split(text, ' ')) {
      std::uint64_t value = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || end != word.data() + word.size()) return decltype(values)();
      values.push_back(value);
    }
    return values;
  };
  if (arguments.size() != 7) return wrong();
  const auto limits = numbers(arguments[2]);
  const auto flags = numbers(arguments[3]);
  if (limits.size() != 6 || flags.size() != 4) return wrong();
  ChildRequest request;
  request.root = arguments[0];
  request.options.into = arguments[1];
  request.options.limits = {limits[0], limits[1], limits[2],
                            limits[3], limits[4], static_cast<unsigned>(limits[5])};
  request.hash = flags[0] != 0;
  request.options.layer = flags[1] != 0;
  request.options.keep_owner = flags[2] != 0;
  request.options.no_overwrite_dir_non_dir = flags[3] != 0;
  if (arguments[4] != "-") {
    const auto user = numbers(arguments[4]);
    const auto group = numbers(arguments[5]);
    if (user.size() != 1 || group.size() != 1) return wrong();
    request.options.owner = {static_cast<std::uint32_t>(user[0]),
                             static_cast<std::uint32_t>(group[0])};
  }
  if (arguments[6] != "-") {
    const auto mode = numbers(arguments[6]);
    if (mode.size() != 1) return wrong();
    request.options.file_mode = static_cast<std::uint32_t>(mode[0]);
  }
  return request;
}

}  // namespace cove::image
