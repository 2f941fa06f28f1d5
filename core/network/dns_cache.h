// Answers of other name servers, for as long as they may be believed (RFC 1035, RFC 2308).
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "core/network/dns_message.h"

namespace cove::network::dns {

// Half a minute at most, so that what changes outside is soon seen. Not thread-safe.
class Cache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // At most `capacity` answers of 8 KiB at most; a further one drops the oldest. 0: remembers none.
  explicit Cache(std::size_t capacity) : capacity_(capacity) {}

  // The answer with the times that are left; its id and flags are of no meaning.
  std::optional<Message> find(const Message& query, Time now = std::chrono::steady_clock::now());
  // Remembers what is whole and either an answer or a proper "no".
  void add(const Message& query, const Message& answer,
           Time now = std::chrono::steady_clock::now());

 private:
  struct Entry {
    Message answer;
    Time added, until;
  };
  static std::string key_of(const Message& query);

  std::size_t capacity_;
  std::map<std::string, Entry> entries_;
  std::deque<std::string> order_;
};

}  // namespace cove::network::dns
