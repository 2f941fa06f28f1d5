#include "app/node/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "core/base/fd.h"

namespace cove::node {

void notify_manager(const std::optional<std::string>& socket, std::string_view message) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!socket || socket->empty() || socket->size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket->data(), socket->size());
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket->size());
  if (address.sun_path[0] == '@') {
    address.sun_path[0] = '\0';
  } else {
    ++size;
  }
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  [[maybe_unused]] const ssize_t sent =
      ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace cove::node
