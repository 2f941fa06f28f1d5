#include "core/engine/detach_keys.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cove::engine {

Outcome<DetachKeys> DetachKeys::parse(const std::string& text) {
  constexpr std::size_t kMost = 16;
  DetachKeys keys;
  if (text.empty()) {
    keys.keys_ = "\x10\x11";
    return keys;
  }
  const auto unknown = [&](const std::string& key) {
    return ApiError{400, fmt::format("invalid detach keys ({}) provided: Unknown character: '{}'",
                                     escape_control(text), escape_control(key))};
  };
  for (const auto& key : split(text, ',')) {
    if (key.size() == 1) {
      keys.keys_ += key;
    } else if (key.size() == 6 && key.starts_with("ctrl-")) {
      const char c = key[5];
      if (c >= 'a' && c <= 'z') {
        keys.keys_ += static_cast<char>(c - 'a' + 1);
      } else if (c >= '@' && c <= '_' && (c < 'A' || c > 'Z')) {
        keys.keys_ += static_cast<char>(c - '@');
      } else {
        return unknown(key);
      }
    } else if (key == "DEL") {
      keys.keys_ += '\x7f';
    } else {
      return unknown(key);
    }
    if (keys.keys_.size() > kMost) {
      return ApiError{400, "invalid detach keys provided: more than 16 keys"};
    }
  }
  return keys;
}

bool DetachKeys::filter(std::string_view typed, std::string& passed) {
  passed.clear();
  for (const char c : typed) {
    if (c == keys_[matched_]) {
      if (++matched_ == keys_.size()) {
        matched_ = 0;
        return true;
      }
      continue;
    }
    // What was held back turns out to be input; only its longest end that still is a beginning of
    // the sequence waits on.
    std::string held = keys_.substr(0, matched_) + c;
    matched_ = 0;
    for (std::size_t keep = std::min(held.size(), keys_.size() - 1); keep > 0; --keep) {
      if (held.compare(held.size() - keep, keep, keys_, 0, keep) == 0) {
        matched_ = keep;
        break;
      }
    }
    passed.append(held, 0, held.size() - matched_);
  }
  return false;
}

}  // namespace cove::engine
