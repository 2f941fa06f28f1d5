#include "core/server/selector.h"

#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "core/base/strings.h"

namespace cove::server {
namespace {

Error bad(std::string_view text, std::string cause) {
  return Error{ErrorCode::kInvalidArgument,
               "parse the selector",
               escape_control(text),
               std::move(cause),
               {}};
}

// Reads words and punctuation from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  bool take_word(std::string_view word) {
    const std::size_t before = at_;
    if (this->word() == word) return true;
    at_ = before;
    return false;
  }
  std::string word() {
    skip();
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view("=!,() \t").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  bool done() {
    skip();
    return at_ == text_.size();
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  if (name.empty() || name.size() > 63 || slash == 0) return false;
  return std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

bool read_set(Scanner& scanner, std::vector<std::string>& values) {
  if (!scanner.take("(")) return false;
  do {
    values.push_back(scanner.word());
  } while (scanner.take(","));
  return scanner.take(")");
}

const std::string* text_at(const boost::json::object& object, std::string_view path,
                           std::string& storage) {
  const boost::json::object* here = &object;
  const auto parts = split(path, '.');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const boost::json::value* const next = here->if_contains(parts[i]);
    if (next == nullptr) return nullptr;
    if (i + 1 == parts.size()) {
      if (!next->is_string()) return nullptr;
      storage.assign(next->get_string().data(), next->get_string().size());
      return &storage;
    }
    if (!next->is_object()) return nullptr;
    here = &next->get_object();
  }
  return nullptr;
}

}  // namespace

bool Selector::Requirement::accepts(const std::string* value) const {
  if (any_value) return (value != nullptr) != negated;
  const bool found = value != nullptr && std::ranges::find(values, *value) != values.end();
  return found != negated;
}

Result<Selector> Selector::parse_labels(std::string_view text) {
  Selector selector;
  Scanner scanner(text);
  if (scanner.done()) return selector;
  do {
    Requirement requirement;
    requirement.negated = scanner.take("!");
    requirement.key = scanner.word();
    if (!is_label_key(requirement.key))
      return bad(text, fmt::format("'{}' is not a label's name", requirement.key));
    if (requirement.negated) {
      requirement.any_value = true;
    } else if (scanner.take("!=")) {
      requirement.negated = true;
      requirement.values.push_back(scanner.word());
    } else if (scanner.take("==") || scanner.take("=")) {
      requirement.values.push_back(scanner.word());
    } else if (scanner.take_word("in")) {
      if (!read_set(scanner, requirement.values))
        return bad(text, "'in' needs values in parentheses");
    } else if (scanner.take_word("notin")) {
      requirement.negated = true;
      if (!read_set(scanner, requirement.values))
        return bad(text, "'notin' needs values in parentheses");
    } else {
      requirement.any_value = true;
    }
    selector.requirements_.push_back(std::move(requirement));
  } while (scanner.take(","));
  if (!scanner.done()) return bad(text, "there is something after its end");
  return selector;
}

Result<Selector> Selector::parse_fields(std::string_view text,
                                        const std::vector<std::string>& supported) {
  Selector selector;
  for (const std::string& part : split(text, ',')) {
    if (trim(part).empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0)
      return bad(text, fmt::format("'{}' has no '='", part));
    Requirement requirement;
    requirement.negated = part[equals - 1] == '!';
    requirement.key =
        trim(std::string_view(part).substr(0, requirement.negated ? equals - 1 : equals));
    std::string_view value = std::string_view(part).substr(equals + 1);
    if (value.starts_with('=')) value.remove_prefix(1);
    requirement.values.emplace_back(trim(value));
    if (std::ranges::find(supported, requirement.key) == supported.end()) {
      return bad(text, fmt::format("field label not supported: {}", requirement.key));
    }
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

bool Selector::matches_labels(const boost::json::object& object) const {
  const boost::json::value* const metadata = object.if_contains("metadata");
  const boost::json::value* const labels = metadata != nullptr && metadata->is_object()
                                               ? metadata->get_object().if_contains("labels")
                                               : nullptr;
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const boost::json::value* const value = labels != nullptr && labels->is_object()
                                                ? labels->get_object().if_contains(requirement.key)
                                                : nullptr;
    if (value == nullptr || !value->is_string()) return requirement.accepts(nullptr);
    const std::string text(value->get_string());
    return requirement.accepts(&text);
  });
}

bool Selector::matches_fields(const boost::json::object& object) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    std::string storage;
    // A field that is not set counts as the empty string.
    const std::string* const value = text_at(object, requirement.key, storage);
    return requirement.accepts(value != nullptr ? value : &storage);
  });
}

const std::string* Selector::required(std::string_view key) const {
  for (const Requirement& requirement : requirements_) {
    if (requirement.key == key && !requirement.negated && requirement.values.size() == 1)
      return &requirement.values[0];
  }
  return nullptr;
}

}  // namespace cove::server
