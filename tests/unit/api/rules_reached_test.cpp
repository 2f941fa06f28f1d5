// Every rule of the built-in kinds is broken by some document: the sentences that the rules'
// sources can say are compared with what is said of bad examples. Those are the manifests of all
// kinds with one field after the other added, made wrong or taken away, and, for what takes more
// than that, the table in bad_examples.cpp.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "core/api/metadata.h"
#include "tests/unit/api/bad_examples.h"
#include "tests/unit/api/kinds_fixture.h"

namespace cove::api::testing {
namespace {

constexpr std::size_t kMaxVaried = 1'500;

// One place in the sources that finds a problem.
struct Rule {
  std::string place;  // "core_pod.cpp:12"
  std::string method;
  std::string field;                // that the path ends with; empty: any
  std::vector<std::string> pieces;  // that the detail has, in this order
};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The arguments of the call whose "(" stands before `at`.
std::vector<std::string> arguments(std::string_view source, std::size_t at) {
  std::vector<std::string> found(1);
  bool quoted = false;
  for (int depth = 1; at < source.size(); ++at) {
    const char c = source[at];
    if (quoted) {
      if (c == '\\') found.back() += source[at++];
      quoted = source[at] != '"' || source[at - 1] == '\\';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '(' || c == '{' || c == '[') {
      ++depth;
    } else if (c == ')' || c == '}' || c == ']') {
      if (--depth == 0) break;
    } else if (c == ',' && depth == 1) {
      found.emplace_back();
      continue;
    }
    found.back() += source[at];
  }
  return found;
}

// What stands in quotes, as one text where literals follow each other.
std::vector<std::string> literals(std::string_view code) {
  std::vector<std::string> found;
  bool adjacent = false;
  for (std::size_t at = 0; at < code.size(); ++at) {
    if (code[at] == '"') {
      if (!adjacent) found.emplace_back();
      adjacent = true;
      for (++at; at < code.size() && code[at] != '"'; ++at) {
        const bool escaped = code[at] == '\\';
        if (escaped) ++at;
        found.back() += escaped && code[at] == 'n' ? '\n' : code[at];
      }
    } else if (code[at] != ' ' && code[at] != '\n') {
      adjacent = false;
    }
  }
  return found;
}

// The fixed parts of a text with "{}" in it.
std::vector<std::string> fixed_parts(const std::string& format) {
  std::vector<std::string> parts(1);
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] == '{' && at + 1 < format.size() && format[at + 1] != '{') {
      at = format.find('}', at);
      parts.emplace_back();
    } else {
      if (format[at] == '{' || format[at] == '}') ++at;
      parts.back() += format[at];
    }
  }
  std::erase(parts, "");
  return parts;
}

const std::set<std::string, std::less<>> kMethods{"required",  "invalid",   "not_supported",
                                                  "forbidden", "duplicate", "not_found",
                                                  "too_long",  "too_many",  "type_invalid"};

std::vector<Rule> rules_of(const std::filesystem::path& file) {
  const std::string source = text_of(file);
  std::vector<Rule> found;
  for (std::size_t dot = 0; (dot = source.find('.', dot + 1)) != std::string::npos;) {
    const std::size_t end = source.find('(', dot);
    if (end == std::string::npos || end - dot > 20) continue;
    const std::string method = source.substr(dot + 1, end - dot - 1);
    if (!kMethods.contains(method)) continue;
    const std::vector<std::string> given = arguments(source, end + 1);
    Rule rule;
    rule.place = fmt::format("{}:{}", file.filename().string(),
                             1 + std::ranges::count(source.substr(0, dot), '\n'));
    rule.method = method;
    const auto path = literals(given[0]);
    if (given[0].ends_with('"') && !path.empty())
      rule.field = path.back().substr(path.back().rfind('.') + 1);
    const std::size_t detail = method == "required" || method == "forbidden"     ? 1
                               : method == "invalid" || method == "type_invalid" ? 2
                                                                                 : given.size();
    if (detail < given.size()) {
      // Of a choice between sentences, any will do.
      const bool choice = given[detail].find(" ? ") != std::string::npos;
      const auto said = literals(given[detail]);
      if (!choice && !said.empty()) rule.pieces = fixed_parts(said.front());
    }
    found.push_back(std::move(rule));
  }
  return found;
}

std::string_view method_of(FieldError::Type type) {
  switch (type) {
    case FieldError::Type::kRequired: return "required";
    case FieldError::Type::kInvalid: return "invalid";
    case FieldError::Type::kNotSupported: return "not_supported";
    case FieldError::Type::kForbidden: return "forbidden";
    case FieldError::Type::kDuplicate: return "duplicate";
    case FieldError::Type::kNotFound: return "not_found";
    case FieldError::Type::kTooLong: return "too_long";
    case FieldError::Type::kTooMany: return "too_many";
    case FieldError::Type::kTypeInvalid: return "type_invalid";
    case FieldError::Type::kInternal: break;
  }
  return "internal";
}

bool breaks(const FieldError& error, const Rule& rule) {
  if (method_of(error.type) != rule.method || !error.field.ends_with(rule.field)) return false;
  std::size_t at = 0;
  for (const std::string& piece : rule.pieces) {
    at = error.detail.find(piece, at);
    if (at == std::string::npos) return false;
    at += piece.size();
  }
  return true;
}

// All that was ever said, each kind of it once.
class Said {
 public:
  void add(const ErrorList& errors) {
    for (const FieldError& error : errors.errors()) {
      const auto [place, fresh] = seen_.insert(fmt::format(
          "{}|{}|{}", static_cast<int>(error.type), error.field, error.detail.substr(0, 200)));
      if (fresh) all_.push_back(error);
    }
  }
  bool has(const Rule& rule) const {
    return std::ranges::any_of(all_, [&](const FieldError& error) { return breaks(error, rule); });
  }

 private:
  std::set<std::string> seen_;
  std::vector<FieldError> all_;
};

// Values that are wrong in most places, one after the other instead of what is there.
std::vector<json::value> instead_of(const json::value& value) {
  if (value.is_string()) {
    const json::array texts{"",
                            "Bad_Value!",
                            "-x",
                            "a/b/c",
                            "10.0.0.1",
                            "0.0.0.0",
                            "127.0.0.1",
                            "a b",
                            "../x",
                            "/x",
                            "x:y",
                            "*",
                            "101%",
                            "-1",
                            "1.5m",
                            "2h",
                            "http://x/",
                            "https://u",
                            std::string(300, 'x')};
    return {texts.begin(), texts.end()};
  }
  if (value.is_bool()) return {!value.get_bool()};
  if (value.is_double()) return {-1.0, 0.0};
  if (value.is_number()) return {-1, 0, 1, 70'000, std::int64_t{1} << 40};
  if (value.is_array()) {
    json::array twice = value.get_array();
    json::array many;
    if (!twice.empty()) {
      twice.push_back(twice.front());
      if (to_text(twice.front()).size() < 300) many = json::array(300, twice.front());
    }
    return {json::array(), twice, many};
  }
  if (!value.is_object()) return {};
  json::object other = value.get_object();
  if (!other.empty()) {
    const json::value first = other.begin()->value();
    other.emplace("Bad/Key/!", first);
    other.emplace("-", first);
  }
  return {json::object(), other};
}

// Calls visit() with each of them wrong in one place, which is then as it was before.
void each_wrong(json::value& value, const std::function<void()>& visit) {
  const json::value kept = value;
  for (json::value& wrong : [&] { return instead_of(kept); }()) {
    value = wrong;
    visit();
  }
  value = kept;
  if (auto* const object = value.if_object()) {
    std::vector<std::string> names;
    for (const auto& member : *object) names.emplace_back(member.key());
    for (const std::string& name : names) {
      each_wrong((*object)[key(name)], visit);
      const json::value gone = (*object)[key(name)];
      object->erase(key(name));
      visit();
      (*object)[key(name)] = gone;
    }
  } else if (auto* const list = value.if_array()) {
    // The others have the same rules.
    if (!list->empty()) each_wrong(list->front(), visit);
  }
}

// Calls visit() with each field added that the schema knows and that is not there, and with that
// made wrong; templates of pods are left to the pods.
void each_added(const Schema& schema, json::value& value, const std::function<void()>& visit) {
  if (auto* const list = value.if_array(); list && schema.items != nullptr) {
    if (!list->empty()) each_added(*schema.items, list->front(), visit);
  }
  auto* const object = value.if_object();
  if (object == nullptr) return;
  for (const Field& field : schema.fields) {
    if (schema.is_kind && field.name == "metadata") continue;
    const bool pod_template = field.name == "template" && field.schema->find("spec") != nullptr;
    if (json::value* const there = object->if_contains(key(field.name))) {
      if (!pod_template) each_added(*field.schema, *there, visit);
      continue;
    }
    json::value added =
        field.enumeration.empty() ? full_value(*field.schema) : first_of_enumeration(field);
    if (added.is_null()) continue;
    const std::size_t size = to_text(added).size();
    (*object)[key(field.name)] = std::move(added);
    visit();
    // What is larger has parts that stand elsewhere too, or contains itself.
    if (!pod_template && size < kMaxVaried) each_wrong((*object)[key(field.name)], visit);
    object->erase(key(field.name));
  }
}

// As far as the schema takes it, with defaults.
std::optional<json::object> accepted(const Kind& kind, const json::object& written) {
  DecodeReport report;
  auto decoded = decode(*kind.schema, written, report);
  if (!decoded) return std::nullopt;
  apply_defaults(*kind.schema, *decoded);
  if (kind.rules.set_defaults) kind.rules.set_defaults(*decoded);
  return std::move(*decoded);
}

void judge(const Kind& kind, const json::object& object, const json::object& old, Said& said) {
  ErrorList errors;
  validate_metadata(object, kind, errors);
  said.add(errors);
  const auto ask = [&](const auto& rule, auto&&... arguments) {
    ErrorList found;
    if (rule) rule(arguments..., found);
    said.add(found);
  };
  ask(kind.rules.validate, object);
  ask(kind.rules.validate_update, object, old);
  ask(kind.rules.validate_update, old, object);
  ask(kind.rules.validate_status, object, old);
  for (const Subresource& subresource : kind.subresources) ask(subresource.validate, object, old);
}

// Pods each with a volume of another kind, and all that may be wrong with it.
void judge_volumes(Said& said) {
  json::object pod = parse(
      "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: d}, spec: {volumes: [{name: v}], "
      "containers: [{name: c, image: i}]}}");
  const Kind& kind = kind_of(pod);
  const json::object old = *accepted(kind, pod);
  const Schema& volume = builtin_schemas().type("core/v1.Volume");
  for (const Field& source : volume.fields) {
    if (source.schema->type != Type::kObject) continue;
    json::object& given =
        make_array_at(make_object_at(pod, {"spec"}), {"volumes"}).front().get_object();
    given = {{"name", "v"}, {key(source.name), full_value(*source.schema)}};
    each_wrong(given[key(source.name)], [&] {
      if (const auto wrong = accepted(kind, pod)) judge(kind, *wrong, old, said);
    });
  }
}

// Those that a file has, one after the other.
std::vector<std::string> documents(const std::string& file) {
  std::vector<std::string> found(1);
  std::istringstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("---")) {
      found.emplace_back();
    } else {
      found.back() += line + "\n";
    }
  }
  return found;
}

// Everything that follows from one document.
void judge_all(const json::object& written, const std::optional<json::object>& before, Said& said,
               bool varied) {
  const Kind& kind = kind_of(written);
  const auto object = accepted(kind, written);
  ASSERT_TRUE(object) << to_text(written);
  const json::object& old = before ? *before : *object;
  judge(kind, *object, old, said);
  // Rules do not rely on defaults.
  DecodeReport report;
  judge(kind, *decode(*kind.schema, written, report), old, said);
  if (!varied) return;
  json::value changed = written;
  const auto judge_changed = [&] {
    if (const auto wrong = accepted(kind, changed.get_object())) judge(kind, *wrong, old, said);
  };
  each_wrong(changed, judge_changed);
  each_added(*kind.schema, changed, judge_changed);
}

TEST(RulesReachedTest, EveryRuleIsBrokenByABadExample) {
  const char* const source = std::getenv("COVE_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  const std::filesystem::path root(source);
  Said said;
  for (const auto& file : std::filesystem::directory_iterator(root / "tests/golden/manifests")) {
    for (const std::string& yaml : documents(text_of(file.path())))
      judge_all(parse(yaml), std::nullopt, said, true);
  }
  judge_volumes(said);
  for (const BadExample& example : bad_examples()) {
    std::optional<json::object> old;
    if (!example.old.empty()) old = document(example.old);
    judge_all(parse(example.yaml), old, said, false);
  }
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(root / "core/api/kinds")) {
    if (file.path().extension() != ".cpp") continue;
    for (const Rule& rule : rules_of(file.path())) {
      ++count;
      EXPECT_TRUE(said.has(rule)) << rule.place << ": " << rule.method << " " << rule.field << " "
                                  << fmt::format("{}", fmt::join(rule.pieces, "…"));
    }
  }
  EXPECT_GT(count, 400U) << "the sources are written in a form that this test does not know";
}

}  // namespace
}  // namespace cove::api::testing
