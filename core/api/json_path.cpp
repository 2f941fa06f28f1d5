#include "core/api/json_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/api/scalars.h"
#include "core/base/strings.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxSteps = 100;
constexpr std::size_t kMaxResults = 1'000;

Error bad_path(std::string_view text) {
  return Error{ErrorCode::kInvalidArgument,
               "read",
               "a JSON path",
               fmt::format("{} is not a path that columns can show", quote(text)),
               {}};
}

const json::value* walk(const json::value& value, const std::vector<std::string>& path) {
  const json::value* here = &value;
  for (const std::string& name : path) {
    here = member(*here, name);
    if (here == nullptr) return nullptr;
  }
  return here;
}

}  // namespace

class JsonPath::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), rest_(text) {}

  Result<std::vector<Step>> parse() {
    std::vector<Step> steps;
    if (take("$") && rest_.empty()) return steps;
    if (rest_ == ".") return steps;
    while (!rest_.empty()) {
      if (steps.size() >= kMaxSteps) return bad_path(text_);
      auto step = next();
      if (!step) return bad_path(text_);
      steps.push_back(std::move(*step));
    }
    return steps;
  }

 private:
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void skip_spaces() {
    while (take(" ")) {
    }
  }

  std::optional<Step> next() {
    if (take(".")) {
      if (take("*")) return all();
      if (!rest_.starts_with('[')) return child();
    }
    if (!take("[")) return std::nullopt;
    if (take("*]")) return all();
    if (take("?(")) return filter();
    if (rest_.starts_with('\'') || rest_.starts_with('"')) {
      Step step;
      auto name = quoted();
      if (!name || !take("]")) return std::nullopt;
      step.name = std::move(*name);
      return step;
    }
    Step step;
    step.kind = Step::Kind::kIndex;
    const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), step.index);
    if (read.ec != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(read.ptr - rest_.data()));
    if (!take("]")) return std::nullopt;
    return step;
  }

  static Step all() {
    Step step;
    step.kind = Step::Kind::kAll;
    return step;
  }

  // A name up to the next step; "\" keeps the character after it.
  std::optional<std::string> name() {
    std::string name;
    while (!rest_.empty() &&
           std::string_view(".[] =!<>)").find(rest_.front()) == std::string_view::npos) {
      if (take("\\") && rest_.empty()) return std::nullopt;
      name += rest_.front();
      rest_.remove_prefix(1);
    }
    return name.empty() ? std::nullopt : std::optional(name);
  }
  std::optional<Step> child() {
    auto found = name();
    if (!found) return std::nullopt;
    Step step;
    step.name = std::move(*found);
    return step;
  }
  std::optional<std::string> quoted() {
    const char mark = rest_.front();
    const std::size_t end = rest_.find(mark, 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  // After "[?(": "@.type=="Ready")]".
  std::optional<Step> filter() {
    Step step;
    step.kind = Step::Kind::kFilter;
    skip_spaces();
    if (!take("@")) return std::nullopt;
    while (take(".")) {
      auto found = name();
      if (!found) return std::nullopt;
      step.field.push_back(std::move(*found));
    }
    skip_spaces();
    for (const std::string_view op : {"==", "!="}) {
      if (take(op)) step.op = op;
    }
    if (!step.op.empty()) {
      skip_spaces();
      if (!literal(step.literal)) return std::nullopt;
      skip_spaces();
    }
    if (!take(")]")) return std::nullopt;
    return step;
  }
  bool literal(json::value& value) {
    if (rest_.starts_with('\'') || rest_.starts_with('"')) {
      const auto text = quoted();
      if (text) value = *text;
      return text.has_value();
    }
    const std::size_t end = std::min(rest_.find_first_of(" )"), rest_.size());
    auto parsed = parse_json(rest_.substr(0, end), {.depth = 1});
    if (parsed.has_error() || parsed->value.is_structured()) return false;
    value = std::move(parsed->value);
    rest_.remove_prefix(end);
    return true;
  }

  std::string_view text_;
  std::string_view rest_;
};

bool JsonPath::Step::accepts(const json::value& element) const {
  const json::value* const found = walk(element, field);
  if (found == nullptr) return false;
  return op.empty() || same(*found, literal) == (op == "==");
}

void JsonPath::Step::take(const json::value& value, std::vector<const json::value*>& out) const {
  const auto add = [&](const json::value& each) {
    if (out.size() < kMaxResults) out.push_back(&each);
  };
  if (kind == Kind::kChild) {
    if (const json::value* const found = member(value, name)) add(*found);
    return;
  }
  if (value.is_object() && kind == Kind::kAll) {
    for (const auto& each : value.get_object()) add(each.value());
  }
  if (!value.is_array()) return;
  const json::array& list = value.get_array();
  if (kind == Kind::kIndex) {
    const auto size = static_cast<std::int64_t>(list.size());
    const std::int64_t at = index < 0 ? index + size : index;
    if (at >= 0 && at < size) add(list[static_cast<std::size_t>(at)]);
    return;
  }
  for (const json::value& each : list) {
    if (kind == Kind::kAll || accepts(each)) add(each);
  }
}

Result<JsonPath> JsonPath::parse(std::string_view text) {
  JsonPath path;
  if (text.starts_with('{') && text.ends_with('}') && text.size() > 1)
    text = text.substr(1, text.size() - 2);
  COVE_TRY(path.steps_, Parser(text).parse());
  return path;
}

std::vector<const json::value*> JsonPath::find(const json::object& document) const {
  if (steps_.empty()) return {};
  // The document is an object and no value: its first step is taken here.
  std::vector<const json::value*> here;
  if (steps_.front().kind == Step::Kind::kChild) {
    if (const json::value* const found = member(document, steps_.front().name))
      here.push_back(found);
  } else if (steps_.front().kind == Step::Kind::kAll) {
    for (const auto& each : document) here.push_back(&each.value());
  }
  for (std::size_t i = 1; i < steps_.size(); ++i) {
    std::vector<const json::value*> next;
    for (const json::value* const value : here) steps_[i].take(*value, next);
    here = std::move(next);
  }
  return here;
}

}  // namespace cove::api
