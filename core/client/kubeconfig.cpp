#include "core/client/kubeconfig.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/client/kubeconfig_lock.h"
#include "core/client/yaml.h"

namespace cove::client {
namespace {

using Kind = YamlNode::Kind;
constexpr std::size_t kMaxBytes = 10 * 1024 * 1024;
constexpr std::string_view kCurrent = "current-context";

// The three lists, and the key under which each item has its body.
struct Section {
  std::string_view list;
  std::string_view body;
};
constexpr std::array<Section, 3> kSections{
    {{"clusters", "cluster"}, {"contexts", "context"}, {"users", "user"}}};

std::string without_space(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out),
                       [](char c) { return c != ' ' && c != '\n' && c != '\r'; });
  return out;
}

Error misshapen(const Path& path, const YamlNode& node, std::string_view what) {
  return Error{ErrorCode::kCorrupt, "use", path.string(),
               fmt::format("line {}, column {}: {}", node.line, node.column, what),
               "Correct the file, or point KUBECONFIG at another one."};
}

bool absent(const YamlNode* node) {
  return node == nullptr || node->kind == Kind::kNull;
}

Result<void> check_section(const Path& path, const YamlNode& root, const Section& section) {
  const YamlNode* const list = root.find(section.list);
  if (absent(list)) return {};
  if (list->kind != Kind::kSequence)
    return misshapen(path, *list, fmt::format("'{}' must be a list", section.list));
  for (const YamlNode* item : list->items) {
    if (item->kind != Kind::kMap) {
      return misshapen(path, *item, fmt::format("an item of '{}' must be a mapping", section.list));
    }
    const YamlNode* const name = item->find("name");
    if (!absent(name) && !name->is_scalar())
      return misshapen(path, *name, "'name' must be a string");
    const YamlNode* const body = item->find(section.body);
    if (!absent(body) && body->kind != Kind::kMap) {
      return misshapen(path, *body, fmt::format("'{}' must be a mapping", section.body));
    }
  }
  return {};
}

Result<void> check_shape(const Path& path, const YamlNode& root) {
  if (root.kind == Kind::kNull) return {};
  if (root.kind != Kind::kMap) return misshapen(path, root, "a kubeconfig is a mapping");
  std::set<std::string_view> seen;
  for (const auto& [key, value] : root.entries) {
    if (!seen.insert(key->text).second) {
      return misshapen(path, *key, fmt::format("'{}' is there twice", escape_control(key->text)));
    }
  }
  for (const auto& [key, wanted] : {std::pair("kind", "Config"), std::pair("apiVersion", "v1")}) {
    const YamlNode* const value = root.find(key);
    if (!absent(value) &&
        (!value->is_scalar() || (value->text != wanted && !value->text.empty()))) {
      return misshapen(path, *value, fmt::format("'{}' of a kubeconfig is '{}'", key, wanted));
    }
  }
  const YamlNode* const current = root.find(kCurrent);
  if (!absent(current) && !current->is_scalar())
    return misshapen(path, *current, "'current-context' must be a string");
  for (const Section& section : kSections) COVE_CHECK(check_section(path, root, section));
  return {};
}

struct Loaded {
  YamlDocument document;
  mode_t mode = 0600;
  bool exists = false;
};

Result<Loaded> load(const Path& path) {
  Loaded loaded;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return loaded;
    return errno_error(errno, "read", path.string());
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kInvalidArgument, "use", path.string(), "it is not a file",
                 "Point KUBECONFIG at a kubeconfig file."};
  }
  loaded.mode = status.st_mode & 0777;
  loaded.exists = true;
  COVE_TRY(const std::string bytes, read_file(path, kMaxBytes));
  auto document = YamlDocument::parse(bytes, path.string());
  if (!document) {
    Error error = document.error();
    error.remedy = "Correct the file, or point KUBECONFIG at another one.";
    return error;
  }
  loaded.document = std::move(*document);
  COVE_CHECK(check_shape(path, *loaded.document.root()));
  return loaded;
}

bool is_named(const YamlNode& item, const std::string& name) {
  const YamlNode* const value = item.find("name");
  return value != nullptr && value->is_scalar() && value->text == name;
}

const YamlNode* find_body(const YamlNode& root, const Section& section, const std::string& name) {
  const YamlNode* const list = root.find(section.list);
  if (absent(list)) return nullptr;
  for (const YamlNode* item : list->items) {
    if (is_named(*item, name)) return item->find(section.body);
  }
  return nullptr;
}

using Values = std::vector<std::pair<std::string_view, std::string>>;

// What the entry's body in each section says.
std::array<Values, 3> wanted_values(const KubeconfigEntry& entry) {
  return {Values{{"certificate-authority-data", base64_encode(entry.ca_certificate_pem)},
                 {"server", entry.server}},
          Values{{"cluster", entry.name}, {"user", entry.name}},
          Values{{"client-certificate-data", base64_encode(entry.client_certificate_pem)},
                 {"client-key-data", base64_encode(entry.client_key_pem.reveal())}}};
}

bool body_matches(const YamlNode* body, const Values& wanted) {
  if (absent(body)) return false;
  return std::ranges::all_of(wanted, [&](const auto& pair) {
    const YamlNode* const value = body->find(pair.first);
    return value != nullptr && value->is_scalar() &&
           without_space(value->text) == without_space(pair.second);
  });
}

bool matches(const YamlNode& root, const KubeconfigEntry& entry) {
  const auto wanted = wanted_values(entry);
  for (std::size_t i = 0; i < kSections.size(); ++i) {
    const YamlNode* const body = find_body(root, kSections[i], entry.name);
    if (!body_matches(body, wanted[i])) return false;
    // Cluster and user are ours alone; a context may have its namespace and more.
    if (kSections[i].list != "contexts" && body->entries.size() != wanted[i].size()) return false;
  }
  return true;
}

void put(YamlDocument& document, YamlNode& root, const Section& section, const std::string& name,
         const Values& values) {
  const YamlNode* const old_list = root.find(section.list);
  YamlNode* const list =
      absent(old_list) ? document.make(Kind::kSequence) : document.copy(*old_list);
  const auto named = [&](const YamlNode* item) { return is_named(*item, name); };
  const auto found = std::ranges::find_if(list->items, named);
  const YamlNode* const old_body =
      found != list->items.end() ? (*found)->find(section.body) : nullptr;
  // A context keeps what the user set in it (a namespace); credentials of two kinds must not mix.
  const bool keep = section.list == "contexts" && !absent(old_body);
  YamlNode* const body = keep ? document.copy(*old_body) : document.make(Kind::kMap);
  for (const auto& [key, value] : values) document.set(*body, key, document.string(value));
  YamlNode* const item = document.make(Kind::kMap);
  document.set(*item, section.body, body);
  document.set(*item, "name", document.string(name));
  if (found == list->items.end()) {
    list->items.push_back(item);
  } else {
    *found = item;
    list->items.erase(std::remove_if(std::next(found), list->items.end(), named),
                      list->items.end());
  }
  document.set(root, section.list, list);
}

YamlNode* start_root(YamlDocument& document) {
  YamlNode* const root = document.root()->kind == Kind::kNull ? document.make(Kind::kMap)
                                                              : document.copy(*document.root());
  for (const auto& [key, value] : {std::pair("apiVersion", "v1"), std::pair("kind", "Config")}) {
    const YamlNode* const old = root->find(key);
    if (absent(old) || old->text.empty()) document.set(*root, key, document.string(value));
  }
  document.set_root(root);
  return root;
}

void put_entry(YamlDocument& document, const KubeconfigEntry& entry, bool make_current) {
  YamlNode* const root = start_root(document);
  const auto values = wanted_values(entry);
  for (std::size_t i = 0; i < kSections.size(); ++i)
    put(document, *root, kSections[i], entry.name, values[i]);
  if (make_current) document.set(*root, kCurrent, document.string(entry.name));
}

// Prints, reads back and compares before a byte is written: what others put there comes out as it
// went in.
Result<void> save(const Path& path, const Loaded& loaded) {
  auto bytes = loaded.document.print(kMaxBytes);
  if (!bytes) {
    return Error{bytes.error().code, "change", path.string(), bytes.error().cause,
                 "Correct the file, or point KUBECONFIG at another one."};
  }
  COVE_TRY(const YamlDocument again, YamlDocument::parse(*bytes, path.string()));
  if (!same_value(*again.root(), *loaded.document.root())) {
    return Error{ErrorCode::kUnsupported, "change", path.string(),
                 "it uses YAML that cannot be written back safely",
                 "Point KUBECONFIG at another file."};
  }
  return write_file_atomic(path, *bytes, loaded.mode);
}

bool is_current(const YamlNode& root, const std::string& name) {
  const YamlNode* const current = root.find(kCurrent);
  return current != nullptr && current->is_scalar() && current->text == name;
}

}  // namespace

Path kubeconfig_path(const std::optional<std::string>& kubeconfig_variable, const Path& home) {
  Path last;
  for (const std::string& part : split(kubeconfig_variable.value_or(""), ':')) {
    if (part.empty()) continue;
    std::error_code ignored;
    if (std::filesystem::exists(part, ignored)) return part;
    last = part;
  }
  return last.empty() ? home / ".kube" / "config" : last;
}

Result<void> merge_kubeconfig(const Path& path, const KubeconfigEntry& entry, bool make_current) {
  if (entry.name.empty()) {
    return Error{ErrorCode::kInvalidArgument, "change", path.string(), "the entry has no name", {}};
  }
  if (path.has_parent_path()) COVE_CHECK(make_directories(path.parent_path(), 0700));
  COVE_TRY(const KubeconfigLock lock, KubeconfigLock::acquire(path));
  COVE_TRY(Loaded loaded, load(path));
  const YamlNode& root = *loaded.document.root();
  // A file that says it already is not rewritten, so its comments stay.
  if (matches(root, entry) && (!make_current || is_current(root, entry.name))) return {};
  put_entry(loaded.document, entry, make_current);
  return save(path, loaded);
}

Result<void> remove_from_kubeconfig(const Path& path, const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  COVE_TRY(const KubeconfigLock lock, KubeconfigLock::acquire(path));
  COVE_TRY(Loaded loaded, load(path));
  YamlDocument& document = loaded.document;
  if (document.root()->kind != Kind::kMap) return {};
  YamlNode* const root = document.copy(*document.root());
  bool changed = false;
  for (const Section& section : kSections) {
    const YamlNode* const old = root->find(section.list);
    if (absent(old)) continue;
    YamlNode* const list = document.copy(*old);
    if (std::erase_if(list->items, [&](const YamlNode* item) { return is_named(*item, name); }) ==
        0)
      continue;
    document.set(*root, section.list, list);
    changed = true;
  }
  if (is_current(*root, name)) {
    document.set(*root, kCurrent, document.string(""));
    changed = true;
  }
  if (!changed) return {};
  document.set_root(root);
  return save(path, loaded);
}

Result<bool> kubeconfig_matches(const Path& path, const KubeconfigEntry& entry) {
  COVE_TRY(const Loaded loaded, load(path));
  return matches(*loaded.document.root(), entry);
}

std::string render_kubeconfig(const KubeconfigEntry& entry) {
  YamlDocument document;
  put_entry(document, entry, true);
  return *document.print(kMaxBytes);
}

}  // namespace cove::client
