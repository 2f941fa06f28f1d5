// The confined child's own program: confine, unpack, report, end.
#include <fmt/format.h>
#include <iconv.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <string>

#include "core/image/digest.h"
#include "core/image/layer_store.h"
#include "core/image/unpack_child.h"
#include "core/image/unpack_stream.h"
#include "core/image/unpacker.h"
#include "core/os/confined.h"

namespace cove::image {
namespace {

constexpr int kInput = 0;
constexpr int kControl = 1;

void say(char kind, std::string_view text) {
  std::string bytes(1, kind);
  bytes += text.substr(0, message::kMaxBytes - 1);
  ::send(kControl, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void say_failed(const Error& error) {
  say(message::kFailed, fmt::format("{} {}", static_cast<int>(error.code), error.cause));
}

Fd ask_lower(const std::string& path) {
  say(message::kFindLower, path);
  char kind = 0;
  iovec piece{&kind, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> extra{};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = extra.data();
  header.msg_controllen = extra.size();
  if (::recvmsg(kControl, &header, MSG_CMSG_CLOEXEC) != 1 || kind != message::kFound) return Fd();
  const cmsghdr* attached = CMSG_FIRSTHDR(&header);
  if (attached == nullptr || attached->cmsg_type != SCM_RIGHTS) return Fd();
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(attached), sizeof descriptor);
  return Fd(descriptor);
}

Result<std::size_t> read_input(char* buffer, std::size_t size) {
  while (true) {
    const ssize_t n = ::read(kInput, buffer, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "read", "the layer");
    return static_cast<std::size_t>(n);
  }
}

// Libraries look for their configuration when they are first used. That must be the host's, not
// what an image has put at the same place.
void load_everything() {
  (void)Digest::of("");
  for (const char* other : {"ANSI_X3.4-1968", "UTF-8"}) {
    const iconv_t converter = ::iconv_open("UTF-8", other);
    if (converter != reinterpret_cast<iconv_t>(-1)) ::iconv_close(converter);
  }
}

Result<void> unpack(int argc, char** argv) {
  COVE_TRY(ChildRequest request,
           from_arguments(std::vector<std::string>(argv + std::min(argc, 2), argv + argc)));
  load_everything();
  os::Confinement confinement;
  confinement.root = request.root;
  COVE_TRY(const os::Confined confined, os::confine(confinement));
  request.options.privileged = confined.privileged;
  UnpackStream stream(read_input, request.options.limits, !request.hash, request.hash);
  auto counts = unpack_tar(
      confined.root.get(), request.options, [&] { return stream.next(); }, ask_lower);
  // The stream may still wait for bytes, and nobody will read them: the process ends here.
  const auto fail = [](const Error& error) {
    say_failed(error);
    ::_exit(1);
  };
  if (!counts) fail(counts.error());
  auto diff_id = stream.finish();
  if (!diff_id) fail(diff_id.error());
  for (const std::string& folder : counts->implicit) say(message::kImplicit, folder);
  say(message::kDone, fmt::format("{} {}", diff_id->text(), counts->bytes));
  return {};
}

}  // namespace

int run_unpack_worker(int argc, char** argv) {
  try {
    if (auto done = unpack(argc, argv); !done) {
      say_failed(done.error());
      ::_exit(1);
    }
  } catch (const std::exception& exception) {
    say_failed(Error{ErrorCode::kResourceExhausted, "unpack", "the layer", exception.what(), ""});
    ::_exit(1);
  }
  // Nothing of the program's end (destructors of statics, leak checks) is for a confined process.
  ::_exit(0);
}

}  // namespace cove::image
