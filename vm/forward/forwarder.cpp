#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

#include "core/base/strings.h"
#include "vm/forward/forward.h"

namespace cove::vm {
namespace {

constexpr unsigned kNeighboursTried = 200;
constexpr unsigned kAnyTried = 16;
constexpr const char* kLoopback = "127.0.0.1";

// A port of the kernel's choosing that is free now; 0 when it has none.
std::uint16_t any_free_port(Protocol protocol) {
  Fd socket(
      ::socket(AF_INET, (protocol == Protocol::kTcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), generic, length) != 0 ||
      ::getsockname(socket.get(), generic, &length) != 0) {
    return 0;
  }
  return ntohs(address.sin_port);
}

// The first port this account may listen on.
unsigned first_allowed_port(const Path& proc) {
  if (::geteuid() == 0) return 1;
  unsigned first = 1024;
  if (auto text = read_file(proc / "sys/net/ipv4/ip_unprivileged_port_start", 64)) {
    const std::string_view digits = trim(*text);
    std::from_chars(digits.data(), digits.data() + digits.size(), first);
  }
  return first;
}

std::string describe(const std::optional<PortHolder>& holder) {
  if (!holder) return "another program";
  if (holder->pid == 0) return holder->program;
  return fmt::format("{} (process {})", holder->program, holder->pid);
}

std::string note(std::uint16_t preferred, const std::string& obstacle, std::uint16_t chosen) {
  return fmt::format("port {} {}; using {}", preferred, obstacle, chosen);
}

// One call of ensure(): which ports are spoken for, and the search for free ones.
class Search {
 public:
  Search(Forwarding& forwarding, const std::string& machine, const Path& proc,
         const std::vector<WantedForward>& wanted, const std::vector<std::uint16_t>& reserved)
      : forwarding_(forwarding),
        machine_(machine),
        proc_(proc),
        first_allowed_(first_allowed_port(proc)),
        reserved_(reserved.begin(), reserved.end()) {
    for (const WantedForward& forward : wanted) preferred_.insert(forward.preferred);
  }

  void use(std::uint16_t port) { used_.insert(port); }

  // Why `port` cannot be opened, a clause that goes on "port 6443 …"; empty when it is free.
  std::string obstacle(Protocol protocol, std::uint16_t port) const {
    if (used_.contains(port)) return "is used by another service of this cluster";
    if (reserved_.contains(port)) return "belongs to another cluster of yours";
    if (port < first_allowed_) return "may be opened by the administrator only";
    if (auto holder = port_holder(protocol, kLoopback, port, proc_))
      return "is taken by " + describe(holder);
    return {};
  }

  Result<OpenForward> open(const WantedForward& wanted) {
    std::string obstacle;
    if (wanted.preferred != 0) {
      COVE_TRY(std::optional<ForwardRule> rule, attempt(wanted, wanted.preferred, obstacle));
      if (rule) return OpenForward{wanted.name, *rule, {}};
      if (wanted.only_preferred) {
        return Error{ErrorCode::kConflict, "open port",
                     fmt::format("{} for {}", wanted.preferred, wanted.name), "it " + obstacle,
                     "Free that port and try again."};
      }
    }
    COVE_TRY(ForwardRule rule, open_another(wanted));
    if (obstacle.empty()) return OpenForward{wanted.name, rule, {}};
    return OpenForward{wanted.name, rule, note(wanted.preferred, obstacle, rule.host_port)};
  }

 private:
  // The rule, or nothing and the obstacle. Other failures than a taken port are errors.
  Result<std::optional<ForwardRule>> attempt(const WantedForward& wanted, std::uint16_t port,
                                             std::string& why) {
    why = obstacle(wanted.protocol, port);
    if (!why.empty()) return std::optional<ForwardRule>();
    const ForwardRule rule{wanted.protocol, kLoopback, port, wanted.guest_port};
    auto added = forwarding_.add_forward(machine_, rule);
    if (added) {
      use(port);
      return std::optional<ForwardRule>(rule);
    }
    if (added.error().code != ErrorCode::kConflict) return added.error();
    why = "is taken by " + describe(port_holder(wanted.protocol, kLoopback, port, proc_));
    return std::optional<ForwardRule>();
  }

  Result<ForwardRule> open_another(const WantedForward& wanted) {
    std::string ignored;
    unsigned port = std::max(wanted.preferred + 1U, first_allowed_);
    for (unsigned n = 0; wanted.preferred != 0 && n < kNeighboursTried && port <= 65535;
         ++n, ++port) {
      const auto candidate = static_cast<std::uint16_t>(port);
      if (preferred_.contains(candidate)) continue;  // another service will ask for it
      COVE_TRY(std::optional<ForwardRule> rule, attempt(wanted, candidate, ignored));
      if (rule) return *rule;
    }
    for (unsigned n = 0; n < kAnyTried; ++n) {
      const std::uint16_t candidate = any_free_port(wanted.protocol);
      if (candidate == 0 || preferred_.contains(candidate)) continue;
      COVE_TRY(std::optional<ForwardRule> rule, attempt(wanted, candidate, ignored));
      if (rule) return *rule;
    }
    return Error{ErrorCode::kResourceExhausted, "open a port for", wanted.name,
                 "no free port was found",
                 "Close some programs that listen on this computer and try again."};
  }

  Forwarding& forwarding_;
  const std::string& machine_;
  const Path& proc_;
  unsigned first_allowed_;
  std::set<std::uint16_t> reserved_;
  std::set<std::uint16_t> preferred_;
  std::set<std::uint16_t> used_;
};

bool fits(const WantedForward& wanted, const ForwardRule& rule) {
  return rule.protocol == wanted.protocol && rule.guest_port == wanted.guest_port &&
         rule.host_address == kLoopback;
}

// Which of the rules in place serves each wanted forward: the one on the preferred port first, so
// that two forwards to one guest port do not swap theirs. Served rules are taken out of `rules`.
std::vector<std::optional<ForwardRule>> match(const std::vector<WantedForward>& wanted,
                                              std::vector<ForwardRule>& rules) {
  std::vector<std::optional<ForwardRule>> served(wanted.size());
  for (const bool exact : {true, false}) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (served[i]) continue;
      const auto rule = std::find_if(rules.begin(), rules.end(), [&](const ForwardRule& candidate) {
        const bool preferred = candidate.host_port == wanted[i].preferred;
        return fits(wanted[i], candidate) && (preferred || (!exact && !wanted[i].only_preferred));
      });
      if (rule == rules.end()) continue;
      served[i] = *rule;
      rules.erase(rule);
    }
  }
  return served;
}

}  // namespace

Forwarder::Forwarder(Forwarding& forwarding, std::string machine, Path proc)
    : forwarding_(forwarding), machine_(std::move(machine)), proc_(std::move(proc)) {}

Result<std::vector<OpenForward>> Forwarder::ensure(const std::vector<WantedForward>& wanted,
                                                   const std::vector<std::uint16_t>& reserved) {
  COVE_TRY(std::vector<ForwardRule> rules, forwarding_.forwards(machine_));
  const std::vector<std::optional<ForwardRule>> served = match(wanted, rules);
  // First, because a wanted forward may prefer a port that an unwanted one has.
  for (const ForwardRule& rule : rules) {
    const bool ours = std::ranges::any_of(wanted, [&](const WantedForward& forward) {
      return forward.protocol == rule.protocol && forward.guest_port == rule.guest_port;
    });
    if (ours) COVE_CHECK(forwarding_.remove_forward(machine_, rule));
  }
  Search search(forwarding_, machine_, proc_, wanted, reserved);
  for (const auto& rule : served) {
    if (rule) search.use(rule->host_port);
  }
  std::vector<OpenForward> open;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!served[i]) {
      COVE_TRY(OpenForward opened, search.open(wanted[i]));
      open.push_back(std::move(opened));
      continue;
    }
    OpenForward kept{wanted[i].name, *served[i], {}};
    if (wanted[i].preferred != 0 && served[i]->host_port != wanted[i].preferred) {
      const std::string obstacle = search.obstacle(wanted[i].protocol, wanted[i].preferred);
      if (!obstacle.empty()) {
        kept.note = note(wanted[i].preferred, obstacle, served[i]->host_port);
      }
    }
    open.push_back(std::move(kept));
  }
  return open;
}

}  // namespace cove::vm
