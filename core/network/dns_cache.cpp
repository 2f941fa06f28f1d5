#include "core/network/dns_cache.h"

#include <algorithm>

namespace cove::network::dns {
namespace {

constexpr std::chrono::seconds kLongest{30};
constexpr std::size_t kMaxBytes = 8192;

std::optional<std::chrono::seconds> lifetime_of(const Message& answer) {
  std::optional<std::uint32_t> seconds;
  const auto at_most = [&](std::uint32_t ttl) { seconds = std::min(seconds.value_or(ttl), ttl); };
  const auto code = static_cast<ResponseCode>(answer.code);
  if (answer.truncated || (code != ResponseCode::kNoError && code != ResponseCode::kNameError))
    return std::nullopt;
  for (const Record& record : answer.answers) at_most(record.ttl);
  if (answer.answers.empty() || code == ResponseCode::kNameError) {
    std::optional<std::uint32_t> negative;
    for (const Record& record : answer.authorities)
      if (const auto ttl = negative_ttl(record)) negative = ttl;
    if (!negative) return std::nullopt;
    at_most(*negative);
  }
  if (!seconds || *seconds == 0) return std::nullopt;
  return std::min(kLongest, std::chrono::seconds(*seconds));
}

std::size_t size_of(const Message& answer) {
  std::size_t bytes = 0;
  for (const auto* section : {&answer.answers, &answer.authorities, &answer.additionals})
    for (const Record& record : *section) bytes += record.name.size() + record.data.size() + 16;
  return bytes;
}

}  // namespace

// EDNS' "DNSSEC OK" asks for more records, "checking disabled" for others.
std::string Cache::key_of(const Message& query) {
  const Question& question = query.questions.front();
  bool secure = false;
  for (const Record& record : query.additionals)
    secure = secure || (record.type == kOpt && (record.ttl & 0x8000) != 0);
  return question.name + ' ' + std::to_string(question.type) + ' ' +
         std::to_string(question.klass) + (secure ? " secure" : "") +
         (query.checking_disabled ? " unchecked" : "");
}

std::optional<Message> Cache::find(const Message& query, Time now) {
  if (capacity_ == 0 || query.questions.size() != 1) return std::nullopt;
  const auto found = entries_.find(key_of(query));
  if (found == entries_.end() || found->second.until <= now) return std::nullopt;
  Message answer = found->second.answer;
  const auto age = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now - found->second.added).count());
  for (auto* section : {&answer.answers, &answer.authorities, &answer.additionals})
    for (Record& record : *section)
      if (record.type != kOpt) record.ttl -= std::min(record.ttl, age);
  return answer;
}

void Cache::add(const Message& query, const Message& answer, Time now) {
  if (capacity_ == 0 || query.questions.size() != 1 || size_of(answer) > kMaxBytes) return;
  const auto lifetime = lifetime_of(answer);
  if (!lifetime) return;
  const std::string key = key_of(query);
  if (!entries_.contains(key)) {
    if (entries_.size() >= capacity_) {
      entries_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(key);
  }
  entries_[key] = {answer, now, now + *lifetime};
}

}  // namespace cove::network::dns
