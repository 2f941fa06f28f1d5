#include "core/network/netlink.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cove::network {
namespace {

constexpr std::size_t kReceiveBytes = 64 << 10;
constexpr int kSocketBuffer = 64 << 20;
constexpr std::size_t kMaxMessages = 32;

void pad(std::string& wire) {
  wire.resize(NLA_ALIGN(wire.size()));
}

template <class Number>
std::string_view raw(const Number& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// Walks the messages of a datagram; stops at the first broken length.
template <class Visit>
void each_message(std::string_view datagram, Visit visit) {
  while (datagram.size() >= sizeof(nlmsghdr)) {
    nlmsghdr head{};
    std::memcpy(&head, datagram.data(), sizeof head);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > datagram.size()) return;
    visit(head, datagram.substr(sizeof head, head.nlmsg_len - sizeof head));
    datagram.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), datagram.size()));
  }
}

// An NLMSG_ERROR's payload: error 0 is an acknowledgement.
NetlinkFailure read_error(const nlmsghdr& head, std::string_view payload) {
  NetlinkFailure failure;
  nlmsgerr error{};
  if (payload.size() < sizeof error) return {0, EBADMSG, ""};
  std::memcpy(&error, payload.data(), sizeof error);
  failure.error = -error.error;
  if ((head.nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
    std::size_t skip = sizeof error;
    if ((head.nlmsg_flags & NLM_F_CAPPED) == 0)
      skip += NLMSG_ALIGN(error.msg.nlmsg_len) - sizeof(nlmsghdr);
    if (skip < payload.size())
      failure.text = AttributeReader(payload.substr(skip)).text(NLMSGERR_ATTR_MSG);
  }
  return failure;
}

std::uint32_t sequence_of_error(std::string_view payload) {
  nlmsgerr error{};
  if (payload.size() < sizeof error) return 0;
  std::memcpy(&error, payload.data(), sizeof error);
  return error.msg.nlmsg_seq;
}

Error as_error(const NetlinkFailure& failure, const std::string& action,
               const std::string& subject) {
  Error error = errno_error(failure.error, action, subject);
  if (!failure.text.empty()) error.cause += " (" + failure.text + ")";
  return error;
}

}  // namespace

AttributeWriter& AttributeWriter::bytes(std::uint16_t type, std::string_view value) {
  nlattr head{};
  head.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + value.size());
  head.nla_type = type;
  wire_.append(raw(head)).append(value);
  pad(wire_);
  return *this;
}
AttributeWriter& AttributeWriter::text(std::uint16_t type, std::string_view value) {
  return bytes(type, std::string(value) + '\0');
}
AttributeWriter& AttributeWriter::u8(std::uint16_t type, std::uint8_t value) {
  return bytes(type, raw(value));
}
AttributeWriter& AttributeWriter::u16(std::uint16_t type, std::uint16_t value) {
  return bytes(type, raw(value));
}
AttributeWriter& AttributeWriter::u32(std::uint16_t type, std::uint32_t value) {
  return bytes(type, raw(value));
}
AttributeWriter& AttributeWriter::be16(std::uint16_t type, std::uint16_t value) {
  return u16(type, htons(value));
}
AttributeWriter& AttributeWriter::be32(std::uint16_t type, std::uint32_t value) {
  return u32(type, htonl(value));
}
AttributeWriter& AttributeWriter::be64(std::uint16_t type, std::uint64_t value) {
  return bytes(type, raw(htobe64(value)));
}
AttributeWriter& AttributeWriter::nested(std::uint16_t type, const AttributeWriter& inner) {
  return bytes(static_cast<std::uint16_t>(type | NLA_F_NESTED), inner.wire());
}
AttributeWriter& AttributeWriter::nested(std::uint16_t type, std::string_view header,
                                         const AttributeWriter& inner) {
  return bytes(static_cast<std::uint16_t>(type | NLA_F_NESTED), std::string(header) + inner.wire());
}

void AttributeReader::each(
    std::string_view wire,
    const std::function<void(std::uint16_t type, std::string_view value)>& value) {
  while (wire.size() >= sizeof(nlattr)) {
    nlattr head{};
    std::memcpy(&head, wire.data(), sizeof head);
    if (head.nla_len < sizeof head || head.nla_len > wire.size()) return;
    value(head.nla_type & NLA_TYPE_MASK, wire.substr(sizeof head, head.nla_len - sizeof head));
    wire.remove_prefix(std::min<std::size_t>(NLA_ALIGN(head.nla_len), wire.size()));
  }
}

AttributeReader::AttributeReader(std::string_view wire) {
  each(wire, [&](std::uint16_t type, std::string_view value) { values_.emplace(type, value); });
}

std::string_view AttributeReader::bytes(std::uint16_t type) const {
  const auto found = values_.find(type);
  return found == values_.end() ? std::string_view() : found->second;
}

std::string_view AttributeReader::text(std::uint16_t type) const {
  const std::string_view value = bytes(type);
  return value.substr(0, value.find('\0'));
}

std::optional<std::uint32_t> AttributeReader::u32(std::uint16_t type) const {
  const std::string_view value = bytes(type);
  if (value.size() != sizeof(std::uint32_t)) return std::nullopt;
  std::uint32_t number = 0;
  std::memcpy(&number, value.data(), sizeof number);
  return number;
}

std::optional<std::uint32_t> AttributeReader::be32(std::uint16_t type) const {
  const auto value = u32(type);
  if (!value) return std::nullopt;
  return ntohl(*value);
}

Result<NetlinkSocket> NetlinkSocket::open(int protocol) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd) return errno_error(errno, "open", "a netlink socket");
  const int on = 1;
  const int size = kSocketBuffer;
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  // Older kernels lack the first two; sizes beyond the limit need privileges. Neither is needed.
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&self), sizeof self) != 0)
    return errno_error(errno, "open", "a netlink socket");
  return NetlinkSocket(std::move(fd));
}

std::string NetlinkSocket::frame(const NetlinkMessage& message, std::uint16_t flags) {
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + message.payload.size());
  head.nlmsg_type = message.type;
  head.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | message.flags | flags);
  head.nlmsg_seq = sequence_++;
  std::string wire(raw(head));
  wire += message.payload;
  pad(wire);
  return wire;
}

Result<std::string_view> NetlinkSocket::receive(int flags, int& error) {
  buffer_.resize(kReceiveBytes);
  while (true) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t got = ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), flags,
                                   reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      error = errno;
      return errno_error(errno == EAGAIN ? ETIMEDOUT : errno, "read from", "the kernel");
    }
    // Other processes may write to our port; the kernel's is 0.
    if (from.nl_pid == 0) return std::string_view(buffer_.data(), static_cast<std::size_t>(got));
  }
}

Result<void> NetlinkSocket::perform(const std::vector<NetlinkMessage>& messages,
                                    const std::string& action, const std::string& subject,
                                    std::initializer_list<int> tolerated) {
  if (messages.size() > kMaxMessages)
    return Error{ErrorCode::kInternal, action, subject, "too many messages at once", ""};
  const std::uint32_t first = sequence_;
  std::string wire;
  for (const auto& message : messages) wire += frame(message, NLM_F_ACK);
  if (::send(fd_.get(), wire.data(), wire.size(), 0) < 0)
    return errno_error(errno, action, subject);
  std::size_t waiting = messages.size();
  std::optional<NetlinkFailure> failure;
  while (waiting > 0) {
    int error = 0;
    COVE_TRY(const std::string_view datagram, receive(0, error));
    each_message(datagram, [&](const nlmsghdr& head, std::string_view payload) {
      if (head.nlmsg_type != NLMSG_ERROR || head.nlmsg_seq < first || waiting == 0) return;
      --waiting;
      NetlinkFailure answer = read_error(head, payload);
      const bool fine = answer.error == 0 || std::find(tolerated.begin(), tolerated.end(),
                                                       answer.error) != tolerated.end();
      if (!fine && !failure) failure = std::move(answer);
    });
  }
  if (failure) return as_error(*failure, action, subject);
  return {};
}

std::optional<NetlinkFailure> NetlinkSocket::batch(const std::vector<NetlinkMessage>& messages,
                                                   std::uint16_t subsystem) {
  if (messages.empty()) return std::nullopt;
  nfgenmsg general{};
  general.res_id = htons(subsystem);
  const auto edge = [&](std::uint16_t type) { return make_message(type, 0, general); };
  std::string wire = frame(edge(NFNL_MSG_BATCH_BEGIN), 0);
  const std::uint32_t first = sequence_;
  for (std::size_t i = 0; i < messages.size(); ++i)
    wire += frame(messages[i], i + 1 == messages.size() ? NLM_F_ACK : 0);
  wire += frame(edge(NFNL_MSG_BATCH_END), 0);
  if (::send(fd_.get(), wire.data(), wire.size(), 0) < 0) return NetlinkFailure{0, errno, ""};

  // The kernel has answered everything when send() returns; an acknowledgement of the last message
  // without an error before it means that all is committed.
  std::optional<NetlinkFailure> failure;
  bool acknowledged = false;
  while (true) {
    int error = 0;
    const auto datagram = receive(MSG_DONTWAIT, error);
    if (!datagram) {
      if (error == EAGAIN) break;
      return NetlinkFailure{0, error, ""};
    }
    each_message(*datagram, [&](const nlmsghdr& head, std::string_view payload) {
      if (head.nlmsg_type != NLMSG_ERROR) return;
      NetlinkFailure answer = read_error(head, payload);
      if (answer.error == 0) {
        acknowledged = true;
        return;
      }
      answer.index = sequence_of_error(payload) - first;
      if (!failure) failure = std::move(answer);
    });
  }
  if (!failure && !acknowledged) return NetlinkFailure{messages.size() - 1, EBADMSG, ""};
  return failure;
}

Result<void> NetlinkSocket::query(
    const NetlinkMessage& message, const std::string& action,
    const std::function<void(std::uint16_t type, std::string_view payload)>& each) {
  const bool dump = (message.flags & NLM_F_DUMP) == NLM_F_DUMP;
  const std::uint32_t sequence = sequence_;
  const std::string wire = frame(message, 0);
  if (::send(fd_.get(), wire.data(), wire.size(), 0) < 0) return errno_error(errno, action, "");
  bool done = false;
  std::optional<NetlinkFailure> failure;
  while (!done) {
    int error = 0;
    COVE_TRY(const std::string_view datagram, receive(0, error));
    each_message(datagram, [&](const nlmsghdr& head, std::string_view payload) {
      if (head.nlmsg_seq != sequence || done) return;
      if (head.nlmsg_type == NLMSG_ERROR) {
        failure = read_error(head, payload);
        done = true;
      } else if (head.nlmsg_type == NLMSG_DONE) {
        done = true;
      } else {
        each(head.nlmsg_type, payload);
        done = !dump;
      }
    });
  }
  if (failure && failure->error != 0) return as_error(*failure, action, "");
  return {};
}

}  // namespace cove::network
