#include "core/api/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/api/go_text.h"
#include "core/api/managed_fields.h"
#include "core/api/typed.h"

namespace cove::api {
namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::size_t kMaxAnnotationBytes = 256 << 10;

Error refuse(std::string cause) {
  return {ErrorCode::kInvalidArgument, "apply", "the configuration", std::move(cause), {}};
}

// "apps/v1, Kind=Deployment", "/v1, Kind=Pod"
std::string display_kind(std::string_view api_version, std::string_view kind) {
  const bool core = api_version.find('/') == std::string_view::npos;
  return fmt::format("{}{}, Kind={}", core ? "/" : "", api_version, kind);
}

json::object empty_object(const Kind& kind) {
  json::object object;
  if (!kind.custom) object = typed::zero_document(*kind.schema);
  object["apiVersion"] = kind.gvk.api_version();
  object["kind"] = kind.gvk.kind;
  return object;
}

// Finds the kind of a manager's version, and gives documents its form.
class Versions {
 public:
  explicit Versions(const FieldWriter& writer)
      : writer_(writer), own_(writer.kind.gvk.api_version()) {}

  const std::string& own() const { return own_; }

  const Kind* find(std::string_view version) const {
    if (version == own_) return &writer_.kind;
    return writer_.versions ? writer_.versions(version) : nullptr;
  }

  json::object convert(json::object document, const Kind& from, const Kind& to) const {
    if (&from == &to) return document;
    if (from.conversion && from.conversion->to_storage) from.conversion->to_storage(document);
    if (to.conversion && to.conversion->from_storage) to.conversion->from_storage(document);
    document["apiVersion"] = to.gvk.api_version();
    return document;
  }

 private:
  const FieldWriter& writer_;
  std::string own_;
};

// The differences of two documents in every version that managers ask for.
class Comparisons {
 public:
  Comparisons(const Versions& versions, const Kind& kind, const FieldSet& reset,
              const json::object& before, const json::object& after)
      : versions_(versions), kind_(kind), reset_(reset), before_(before), after_(after) {
    made_.emplace(versions.own(), filtered(typed::compare(*kind.schema, before, after)));
  }

  const typed::Changes& own() const { return made_.find(versions_.own())->second; }

  // Null when the version is not served.
  const typed::Changes* of(const std::string& version) {
    const auto found = made_.find(version);
    if (found != made_.end()) return &found->second;
    const Kind* other = versions_.find(version);
    if (other == nullptr) return nullptr;
    return &made_
                .emplace(version, filtered(typed::compare(
                                      *other->schema, versions_.convert(before_, kind_, *other),
                                      versions_.convert(after_, kind_, *other))))
                .first->second;
  }

 private:
  typed::Changes filtered(typed::Changes changes) const {
    if (reset_.empty() || changes.empty()) return changes;
    return {changes.changed.without_trees(reset_), changes.removed.without_trees(reset_)};
  }

  const Versions& versions_;
  const Kind& kind_;
  const FieldSet& reset_;
  const json::object& before_;
  const json::object& after_;
  std::map<std::string, typed::Changes> made_;
};

const json::array* managed_of(const json::object& document) {
  return array_at(document, {"metadata", "managedFields"});
}

void set_managed(json::object& document, std::vector<ManagedEntry> entries) {
  if (entries.empty()) {
    if (managed_of(document) != nullptr) erase_at(document, {"metadata", "managedFields"});
    return;
  }
  make_object_at(document, {"metadata"})["managedFields"] = encode_managed(std::move(entries));
}

ManagedEntry entry_of(const FieldWriter& writer, std::string_view operation) {
  ManagedEntry entry;
  entry.manager = writer.manager.empty() ? "unknown" : writer.manager;
  entry.operation = operation;
  entry.api_version = writer.kind.gvk.api_version();
  entry.subresource = writer.subresource;
  return entry;
}

// Brings client-made entries into canonical form. An error when one cannot be read.
Result<void> canonicalize(std::vector<ManagedEntry>& entries) {
  for (ManagedEntry& each : entries) {
    COVE_TRY(const FieldSet set, FieldSet::parse(each.fields));
    each.fields = set.serialize();
  }
  return {};
}

std::vector<ManagedEntry> decode_or_nothing(const json::array* entries) {
  if (entries == nullptr) return {};
  auto decoded = decode_managed(*entries);
  if (decoded.has_error()) return {};
  return std::move(*decoded);
}

bool resets(const json::array& entries) {
  return entries.empty() ||
         (entries.size() == 1 && entries[0].is_object() && entries[0].get_object().empty());
}

// The entries that count for an update: the client's own when it sent some that can be read.
std::vector<ManagedEntry> entries_for_update(const json::object* live, json::object& next,
                                             bool subresource) {
  const json::array* stored = live == nullptr ? nullptr : managed_of(*live);
  json::value* sent_value = nullptr;
  if (json::value* metadata = next.if_contains("metadata"); metadata && metadata->is_object()) {
    sent_value = metadata->get_object().if_contains("managedFields");
  }
  if (subresource || sent_value == nullptr || !sent_value->is_array()) {
    return decode_or_nothing(stored);
  }
  json::array& sent = sent_value->get_array();
  if (resets(sent)) return {};
  const bool trusted = stored != nullptr && std::ranges::equal(sent, *stored, same);
  auto decoded = decode_managed(std::move(sent));
  sent.clear();
  if (decoded.has_error() || (!trusted && canonicalize(*decoded).has_error())) {
    return decode_or_nothing(stored);
  }
  return std::move(*decoded);
}

// Takes from a manager what somebody else set or what is gone. False when nothing is left.
bool keep_rest(ManagedEntry& entry, const FieldSet& taken, const FieldSet& removed) {
  if (taken.meets(entry.fields) || removed.meets(entry.fields)) {
    auto set = FieldSet::parse(entry.fields);
    if (set.has_error()) return false;
    set->subtract(taken);
    set->subtract(removed);
    entry.fields = set->serialize();
  }
  return !entry.fields.empty();
}

void reconcile_entries(std::vector<ManagedEntry>& entries, const Versions& versions) {
  for (ManagedEntry& each : entries) {
    const Kind* kind = versions.find(each.api_version);
    if (kind == nullptr) continue;
    const auto set = FieldSet::parse(each.fields);
    if (set.has_value()) each.fields = typed::reconciled(*kind->schema, *set).serialize();
  }
}

void own_changes(std::vector<ManagedEntry>& entries, ManagedEntry self, const FieldSet& set,
                 std::string time) {
  const auto found = std::ranges::find_if(
      entries, [&self](const ManagedEntry& each) { return each.same_manager(self); });
  if (found == entries.end()) {
    self.fields = set.serialize();
    self.time = std::move(time);
    entries.push_back(std::move(self));
    return;
  }
  found->time = std::move(time);
  if (set.within(found->fields)) return;
  const auto old = FieldSet::parse(found->fields);
  found->fields = old.has_error() ? set.serialize() : old->united(set).serialize();
}

// The update half of field management: what changed belongs to `writer` now.
void update_entries(const FieldWriter& writer, const json::object& before,
                    const json::object& after, std::vector<ManagedEntry>& entries) {
  const Versions versions(writer);
  const FieldSet reset = reset_fields(writer.kind, writer.subresource);
  if (writer.kind.custom) reconcile_entries(entries, versions);
  Comparisons comparisons(versions, writer.kind, reset, before, after);
  const ManagedEntry self = entry_of(writer, "Update");
  std::erase_if(entries, [&](ManagedEntry& each) {
    const typed::Changes* changes = comparisons.of(each.api_version);
    if (changes == nullptr) return true;
    if (changes->empty()) return each.fields.empty();
    if (each.same_manager(self)) return !keep_rest(each, {}, changes->removed);
    return !keep_rest(each, changes->changed, changes->removed);
  });
  const FieldSet& set = comparisons.own().changed;
  if (!set.empty()) own_changes(entries, self, set, rfc3339(writer.now));
  cap_updaters(entries);
}

bool same_documents(const json::object& a, const json::object& b) {
  return a.size() == b.size() && std::ranges::all_of(a, [&b](const auto& each) {
           const json::value* other = b.if_contains(each.key());
           return other != nullptr && same(each.value(), *other);
         });
}

struct Manager {
  ManagedEntry entry;
  FieldSet set;
};

// One attempt to apply.
class Application {
 public:
  Application(const FieldWriter& writer, const json::object& live, const json::object& config,
              std::vector<Manager> managers)
      : writer_(writer),
        kind_(writer.kind),
        versions_(writer),
        reset_(reset_fields(writer.kind, writer.subresource)),
        live_(live),
        config_(config),
        managers_(std::move(managers)),
        self_(entry_of(writer, "Apply")) {}

  struct Conflict {
    ManagedEntry manager;
    FieldSet fields;
  };

  // The conflicts; none with `force` or when there are none, and then the rest is to be had.
  std::vector<Conflict> run(bool force) {
    for (Manager& each : managers_) {
      if (const Kind* kind = versions_.find(each.entry.api_version)) {
        each.set = typed::reconciled(*kind->schema, each.set);
      }
    }
    document_ = typed::merge(*kind_.schema, live_, config_);
    const std::optional<Manager> last = take_own();
    Manager own{self_, typed::fields_of(*kind_.schema, config_).without_trees(reset_)};
    if (last) own.entry.time = last->entry.time;
    managers_.push_back(std::move(own));
    if (last && !last->set.empty()) {
      prune(*last);
      typed::keep_emptied(*kind_.schema, document_, config_);
    }
    std::vector<Conflict> conflicts = settle(force);
    if (!conflicts.empty()) return conflicts;
    Manager& mine = *find_own();
    mine.set = typed::without_system_fields(mine.set);
    const bool same_fields = last && typed::without_system_fields(last->set) == mine.set &&
                             last->entry.api_version == mine.entry.api_version;
    if (!same_fields || !same_documents(live_, document_)) {
      mine.entry.time = rfc3339(writer_.now);
    }
    return {};
  }

  json::object take_document() { return std::move(document_); }

  std::vector<ManagedEntry> take_entries() {
    std::vector<ManagedEntry> entries;
    for (Manager& each : managers_) {
      if (each.set.empty()) continue;
      each.entry.fields = each.set.serialize();
      entries.push_back(std::move(each.entry));
    }
    return entries;
  }

 private:
  std::vector<Manager>::iterator find_own() {
    return std::ranges::find_if(
        managers_, [this](const Manager& each) { return each.entry.same_manager(self_); });
  }

  std::optional<Manager> take_own() {
    const auto found = find_own();
    if (found == managers_.end()) return std::nullopt;
    Manager own = std::move(*found);
    managers_.erase(found);
    return own;
  }

  // Takes out what this manager owned before and nobody owns now.
  void prune(const Manager& last) {
    const Kind* kind = versions_.find(last.entry.api_version);
    if (kind == nullptr) return;
    const Schema& schema = *kind->schema;
    const json::object merged = versions_.convert(document_, kind_, *kind);
    const FieldSet owned_before = typed::with_named_fields(schema, last.set);
    json::object pruned =
        add_back_owned(*kind, merged, typed::remove(schema, merged, owned_before, false));
    const FieldSet gone =
        typed::with_named_fields(schema, typed::fields_of(schema, merged))
            .without(typed::with_named_fields(schema, typed::fields_of(schema, pruned)))
            .intersected(owned_before);
    document_ = versions_.convert(typed::remove(schema, merged, gone, true), *kind, kind_);
  }

  // `merged` and `pruned` have the form of `kind`, as the result has.
  json::object add_back_owned(const Kind& kind, const json::object& merged, json::object pruned) {
    std::map<std::string, FieldSet> owned;
    for (const Manager& each : managers_) {
      FieldSet& set = owned[each.entry.api_version];
      set.unite(each.set);
    }
    std::vector<const Kind*> kinds{&kind};
    for (const auto& [version, set] : owned) {
      const Kind* other = versions_.find(version);
      if (other != nullptr && other != &kind) kinds.push_back(other);
    }
    for (const Kind* each : kinds) {
      const Schema& schema = *each->schema;
      const FieldSet& managed = owned[each->gvk.api_version()];
      const json::object merged_there = versions_.convert(merged, kind, *each);
      const json::object pruned_there = versions_.convert(std::move(pruned), kind, *each);
      const FieldSet stays =
          typed::with_named_fields(schema, typed::fields_of(schema, pruned_there))
              .united(typed::with_named_fields(schema, managed));
      const FieldSet goes =
          typed::with_named_fields(schema, typed::fields_of(schema, merged_there)).without(stays);
      pruned = versions_.convert(typed::remove(schema, merged_there, goes, false), *each, kind);
    }
    return pruned;
  }

  // Takes changed fields from the others, or says who minds.
  std::vector<Conflict> settle(bool force) {
    Comparisons comparisons(versions_, kind_, reset_, live_, document_);
    std::vector<Conflict> conflicts;
    for (Manager& each : managers_) {
      if (each.entry.same_manager(self_)) continue;
      const typed::Changes* changes = comparisons.of(each.entry.api_version);
      if (changes == nullptr) {
        each.set = {};
        continue;
      }
      FieldSet taken = each.set.intersected(changes->changed);
      if (!taken.empty()) conflicts.push_back({each.entry, std::move(taken)});
    }
    if (!force && !conflicts.empty()) {
      std::ranges::sort(conflicts, before_in_messages, &Conflict::manager);
      return conflicts;
    }
    for (Manager& each : managers_) {
      if (each.entry.same_manager(self_)) continue;
      if (const typed::Changes* changes = comparisons.of(each.entry.api_version)) {
        each.set.subtract(changes->changed);
        each.set.subtract(changes->removed);
      }
    }
    return {};
  }

  const FieldWriter& writer_;
  const Kind& kind_;
  Versions versions_;
  FieldSet reset_;
  const json::object& live_;
  const json::object& config_;
  std::vector<Manager> managers_;
  ManagedEntry self_;
  json::object document_;
};

// The fields that `kubectl apply` wrote on the client's side and that nobody changed since: an
// apply by kubectl on the server's side may take them without asking.
FieldSet last_applied_fields(const Kind& kind, const json::object& live) {
  const std::string_view text = text_at(live, {"metadata", "annotations", kLastApplied});
  if (text.empty()) return {};
  const auto parsed = parse_json(text);
  if (parsed.has_error() || !parsed->value.is_object()) return {};
  const json::object& applied = parsed->value.get_object();
  if (text_at(applied, {"apiVersion"}) != kind.gvk.api_version() ||
      !typed::validate(*kind.schema, applied, false).empty() ||
      !typed::validate(*kind.schema, live, false).empty()) {
    return {};
  }
  const typed::Changes changes = typed::compare(*kind.schema, applied, live);
  return typed::fields_of(*kind.schema, applied).without(changes.changed).without(changes.removed);
}

// Client-side `kubectl apply` must find what the server-side one did.
void refresh_last_applied(json::object& document, json::object config) {
  if (text_at(document, {"metadata", "annotations", kLastApplied}).empty()) return;
  erase_at(config, {"metadata", "annotations", kLastApplied});
  std::string text;
  append_go_json(text, json::value(std::move(config)));
  text += '\n';
  json::object& annotations = make_object_at(document, {"metadata", "annotations"});
  annotations[key(kLastApplied)] = text;
  std::size_t bytes = 0;
  for (const auto& each : annotations) {
    bytes += each.key().size();
    if (const auto* value = each.value().if_string()) bytes += value->size();
  }
  if (bytes > kMaxAnnotationBytes) annotations.stable_erase(key(kLastApplied));
}

Result<void> check_config(const Kind& kind, const json::object& config) {
  const std::string_view api_version = text_at(config, {"apiVersion"});
  const std::string_view name = text_at(config, {"kind"});
  if (api_version != kind.gvk.api_version() || name != kind.gvk.kind) {
    return refuse(fmt::format("invalid object type: {}", display_kind(api_version, name)));
  }
  if (value_at(config, {"metadata", "managedFields"}) != nullptr) {
    return refuse("metadata.managedFields must be nil");
  }
  if (const std::string problem = typed::validate(*kind.schema, config, false); !problem.empty()) {
    return refuse(fmt::format("failed to create typed patch object ({}/{}; {}): {}",
                              text_at(config, {"metadata", "namespace"}),
                              text_at(config, {"metadata", "name"}),
                              display_kind(api_version, name), problem));
  }
  return {};
}

Result<std::vector<Manager>> managers_of(std::vector<ManagedEntry> entries) {
  std::vector<Manager> managers;
  for (ManagedEntry& each : entries) {
    auto set = FieldSet::parse(each.fields);
    if (set.has_error()) {
      return Error{ErrorCode::kCorrupt,
                   "apply",
                   "the configuration",
                   "failed to decode managed fields: " + set.error().cause,
                   {}};
    }
    managers.push_back({std::move(each), std::move(*set)});
  }
  return managers;
}

std::vector<FieldConflict> told(const std::vector<Application::Conflict>& conflicts,
                                const FieldSet& allowed) {
  std::vector<FieldConflict> told;
  for (const Application::Conflict& conflict : conflicts) {
    for (const Path& path : conflict.fields.paths()) {
      if (!allowed.has(path)) told.push_back({conflict.manager.display(), display(path)});
    }
  }
  return told;
}

}  // namespace

std::string conflict_message(const std::vector<FieldConflict>& conflicts) {
  if (conflicts.size() == 1) {
    return fmt::format("Apply failed with 1 conflict: conflict with {}: {}", conflicts[0].manager,
                       conflicts[0].field);
  }
  std::vector<std::string> lines;
  std::string_view manager;
  for (const FieldConflict& each : conflicts) {
    if (each.manager != manager) lines.push_back(fmt::format("conflicts with {}:", each.manager));
    manager = each.manager;
    lines.push_back("- " + each.field);
  }
  return fmt::format("Apply failed with {} conflicts: {}", conflicts.size(),
                     fmt::join(lines, "\n"));
}

FieldSet reset_fields(const Kind& kind, std::string_view subresource) {
  if (subresource.empty()) {
    if (!kind.has_status()) return {};
    return {{PathElement::field("status")}};
  }
  if (subresource != "status") return {};
  if (kind.custom) return {{PathElement::field("metadata")}, {PathElement::field("spec")}};
  return {{PathElement::field("spec")}};
}

Result<ApplyOutcome> apply(const FieldWriter& writer, const json::object* live, json::object config,
                           bool force) {
  COVE_CHECK(check_config(writer.kind, config));
  json::object base = live == nullptr ? empty_object(writer.kind) : *live;
  std::vector<ManagedEntry> entries;
  if (const json::array* stored = managed_of(base)) {
    auto decoded = decode_managed(*stored);
    if (decoded.has_error()) {
      return Error{ErrorCode::kCorrupt,
                   "apply",
                   "the configuration",
                   "failed to decode managed fields: " + decoded.error().cause,
                   {}};
    }
    entries = std::move(*decoded);
    erase_at(base, {"metadata", "managedFields"});
  }
  if (entries.empty() && live != nullptr) {
    FieldWriter before = writer;
    before.manager = "before-first-apply";
    update_entries(before, empty_object(writer.kind), base, entries);
  }
  COVE_TRY(const std::vector<Manager> managers, managers_of(std::move(entries)));
  Application application(writer, base, config, managers);
  std::vector<Application::Conflict> conflicts = application.run(force);
  std::optional<Application> forced;
  ApplyOutcome outcome;
  if (!conflicts.empty() && writer.manager == "kubectl") {
    outcome.conflicts = told(conflicts, last_applied_fields(writer.kind, base));
    if (outcome.conflicts.empty()) {
      forced.emplace(writer, base, config, managers);
      forced->run(true);
    }
  } else {
    outcome.conflicts = told(conflicts, {});
  }
  if (!outcome.conflicts.empty()) return outcome;
  Application& done = forced ? *forced : application;
  outcome.document = done.take_document();
  if (writer.manager == "kubectl") refresh_last_applied(outcome.document, std::move(config));
  set_managed(outcome.document, done.take_entries());
  return outcome;
}

void track_update(const FieldWriter& writer, const json::object* live, json::object& next) {
  std::vector<ManagedEntry> entries = entries_for_update(live, next, !writer.subresource.empty());
  const bool tracked =
      !entries.empty() || live == nullptr || text_at(*live, {"metadata", "uid"}).empty();
  if (tracked) {
    if (live == nullptr) {
      update_entries(writer, empty_object(writer.kind), next, entries);
    } else {
      update_entries(writer, *live, next, entries);
    }
  }
  set_managed(next, std::move(entries));
}

void keep_times(const json::object& live, json::object& next) {
  const json::array* old_entries = managed_of(live);
  const json::array* new_entries = managed_of(next);
  if (old_entries == nullptr || new_entries == nullptr || new_entries->empty() ||
      old_entries->size() != new_entries->size()) {
    return;
  }
  const auto same_members = [](const json::object& a, const json::object& b,
                               std::string_view ignored, const auto& compare) {
    const auto count = [&](const json::object& object) {
      return object.size() - (object.contains(key(ignored)) ? 1 : 0);
    };
    if (count(a) != count(b)) return false;
    return std::ranges::all_of(a, [&](const auto& each) {
      if (each.key() == key(ignored)) return true;
      const json::value* other = b.if_contains(each.key());
      return other != nullptr && compare(each.key(), each.value(), *other);
    });
  };
  const auto plainly = [](const auto&, const json::value& a, const json::value& b) {
    return same(a, b);
  };
  for (std::size_t i = 0; i < new_entries->size(); ++i) {
    const auto* a = (*old_entries)[i].if_object();
    const auto* b = (*new_entries)[i].if_object();
    if (a == nullptr || b == nullptr || !same_members(*a, *b, "time", plainly)) return;
  }
  const bool equal = same_members(
      live, next, "", [&](const auto& name, const json::value& a, const json::value& b) {
        if (name != "metadata" || !a.is_object() || !b.is_object()) return same(a, b);
        return same_members(a.get_object(), b.get_object(), "managedFields", plainly);
      });
  if (equal) make_object_at(next, {"metadata"})["managedFields"] = *old_entries;
}

}  // namespace cove::api
