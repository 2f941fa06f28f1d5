// A client that keeps a copy of all ConfigMaps by list and watch, as informers do, and checks on
// the way that it is told of everything, once, in order.
//
// The writers count: each write of an object raises its entry "n" by one, also across its deletion.
#pragma once

#include <map>
#include <vector>

#include "tests/fault/api/client.h"

namespace cove::testing {

class Reflector {
 public:
  enum class Start { kList, kStream };  // kStream: the list comes as the beginning of a watch

  struct Copy {
    std::int64_t version = 0;
    std::int64_t count = 0;

    bool operator==(const Copy&) const = default;
  };
  using Copies = std::map<std::string, Copy>;

  Reflector(const std::atomic<std::uint16_t>& port, const client::TlsIdentity& identity,
            Start start)
      : port_(port), identity_(identity), start_(start) {}

  // Until it has seen the version `target`, once that is not 0, or gives up after a minute
  // without news.
  void run(const std::atomic<std::int64_t>& target);

  // After run().
  const Copies& copies() const { return copies_; }
  const std::vector<std::string>& complaints() const { return complaints_; }
  int events() const { return events_; }
  int watches() const { return watches_; }
  int expired() const { return expired_; }

  static Copies read(const json::value& list);

 private:
  bool list();
  void watch(const std::atomic<std::int64_t>& target);
  // False when the stream is to be left.
  bool take(const json::value& event);
  void take_change(const std::string& type, const json::value& object);
  void begin_again();
  void replace(Copies copies, std::int64_t version);
  void complain(std::string text);
  std::string watch_target() const;

  const std::atomic<std::uint16_t>& port_;
  const client::TlsIdentity& identity_;
  Start start_;
  std::int64_t version_ = 0;       // 0: list first
  std::optional<Copies> initial_;  // what a stream has brought of its beginning
  Copies copies_;
  std::map<std::string, std::int64_t> counts_;  // the last of each object, deleted or not
  std::vector<std::string> complaints_;
  int events_ = 0;
  int watches_ = 0;
  int expired_ = 0;
};

}  // namespace cove::testing
