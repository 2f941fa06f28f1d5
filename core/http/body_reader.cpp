#include "core/http/body_reader.h"

namespace cove::http {
namespace {

// So far ahead of what is copied: parts lie anywhere in memory, and each would be waited for.
constexpr std::size_t kAhead = 4;

std::size_t last_segment(const JoinedBody& body) {
  return body.parts.empty() ? 1 : 2 * body.parts.size();
}

void fetch_ahead(const JoinedBody& body, std::size_t part) {
  if (part + 2 * kAhead < body.parts.size())
    __builtin_prefetch(body.parts[part + 2 * kAhead].get());
  if (part + kAhead < body.parts.size()) __builtin_prefetch(body.parts[part + kAhead]->data());
}

}  // namespace

std::size_t JoinedBody::size() const {
  std::size_t size = before.size() + after.size() + (parts.empty() ? 0 : parts.size() - 1);
  for (const auto& part : parts) size += part->size();
  return size;
}

std::string JoinedBody::text() const {
  std::string text;
  text.reserve(size());
  text += before;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += ',';
    text += *parts[i];
  }
  return text += after;
}

std::size_t body_size(const Answer& answer) {
  if (answer.joined) return answer.joined->size();
  return answer.body ? answer.body->size() : 0;
}

std::shared_ptr<const std::string> whole_body(const Answer& answer) {
  if (answer.joined) return std::make_shared<const std::string>(answer.joined->text());
  return answer.body;
}

void BodyReader::begin(const Answer& answer) {
  end();
  whole_ = answer.body;
  joined_ = answer.joined;
  left_ = body_size(answer);
}

std::string_view BodyReader::segment() const {
  if (!joined_) return *whole_;
  if (segment_ == 0) return joined_->before;
  if (segment_ == last_segment(*joined_)) return joined_->after;
  if (segment_ % 2 == 0) return ",";
  const std::size_t part = segment_ / 2;
  if (sent_ == 0) fetch_ahead(*joined_, part);
  return *joined_->parts[part];
}

std::string_view BodyReader::next(std::size_t limit) {
  if (left_ == 0 || limit == 0) return {};
  std::string_view bytes = segment().substr(sent_);
  while (bytes.empty()) {
    ++segment_;
    sent_ = 0;
    bytes = segment();
  }
  bytes = bytes.substr(0, limit);
  sent_ += bytes.size();
  left_ -= bytes.size();
  return bytes;
}

}  // namespace cove::http
