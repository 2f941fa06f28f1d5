#include "ui/models/apply_plan.h"

#include <QTimer>
#include <algorithm>

#include "core/api/each.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

namespace json = api::json;
using State = ApplyEntry::State;

constexpr int kDefinitionTries = 50;
constexpr int kDefinitionPause = 200;  // ms

// Before everything else of the cluster; kinds that are not here come after these and before the
// last ones.
constexpr std::string_view kFirst[] = {"Namespace",
                                       "CustomResourceDefinition",
                                       "PriorityClass",
                                       "RuntimeClass",
                                       "StorageClass",
                                       "IngressClass",
                                       "ResourceQuota",
                                       "LimitRange",
                                       "NetworkPolicy",
                                       "ServiceAccount",
                                       "Secret",
                                       "ConfigMap",
                                       "PersistentVolume",
                                       "PersistentVolumeClaim",
                                       "ClusterRole",
                                       "ClusterRoleBinding",
                                       "Role",
                                       "RoleBinding",
                                       "Service",
                                       "DaemonSet",
                                       "Pod",
                                       "ReplicationController",
                                       "ReplicaSet",
                                       "Deployment",
                                       "StatefulSet",
                                       "Job",
                                       "CronJob"};
constexpr std::string_view kLast[] = {
    "PodDisruptionBudget", "HorizontalPodAutoscaler",      "Ingress",
    "APIService",          "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"};

int order_of(std::string_view kind) {
  const auto* first = std::ranges::find(kFirst, kind);
  if (first != std::end(kFirst)) return static_cast<int>(first - std::begin(kFirst));
  const auto* last = std::ranges::find(kLast, kind);
  return last == std::end(kLast) ? 100 : 200 + static_cast<int>(last - std::begin(kLast));
}

// What people compare: without what the server counts and keeps for itself.
json::object comparable(json::object object) {
  for (const std::string_view name :
       {"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"}) {
    api::erase_at(object, {"metadata", name});
  }
  api::erase_at(object, {"status"});
  return object;
}

std::string encode(std::string_view text) {
  return QByteArray(text.data(), static_cast<qsizetype>(text.size()))
      .toPercentEncoding()
      .toStdString();
}

std::string text_at(const ApplyEntry& entry, api::Steps path) {
  return std::string(api::text_at(entry.part.document, path));
}

}  // namespace

ApplyPlan::ApplyPlan(ApiSession& api, QObject* parent) : QAbstractTableModel(parent), api_(api) {
  // What was found out is about another cluster.
  connect(&api_, &ApiSession::chosen, this, [this] {
    if (phase_ != Phase::kEmpty) check_again();
  });
}

void ApplyPlan::check(std::vector<ManifestObject> objects) {
  ++generation_;
  beginResetModel();
  entries_.clear();
  for (ManifestObject& object : objects) {
    ApplyEntry entry;
    entry.source = object.source;
    entry.line = object.part.line;
    entry.part = std::move(object.part);
    entry.kind = text(api::text_at(entry.part.document, {"kind"}));
    entry.name = text(api::text_at(entry.part.document, {"metadata", "name"}));
    entry.name_space = text(api::text_at(entry.part.document, {"metadata", "namespace"}));
    entries_.push_back(std::move(entry));
  }
  std::ranges::stable_sort(
      entries_, {}, [](const ApplyEntry& each) { return order_of(each.kind.toStdString()); });
  endResetModel();
  check_again();
}

void ApplyPlan::check_again() {
  ++generation_;
  kinds_.clear();
  at_ = 0;
  for (std::size_t row = 0; row < entries_.size(); ++row) {
    entries_[row].resource_path.clear();
    set_state(row, State::kWaiting);
  }
  if (entries_.empty()) return enter(Phase::kEmpty);
  enter(Phase::kChecking);
  next_check();
}

void ApplyPlan::clear() {
  ++generation_;
  beginResetModel();
  entries_.clear();
  endResetModel();
  enter(Phase::kEmpty);
}

void ApplyPlan::enter(Phase phase) {
  phase_ = phase;
  Q_EMIT changed();
}

void ApplyPlan::set_state(std::size_t row, State state) {
  ApplyEntry& entry = entries_[row];
  entry.state = state;
  if (state == State::kWaiting || state == State::kApplying) {
    entry.message.clear();
    entry.message_line = 0;
    entry.managers.clear();
  }
  Q_EMIT dataChanged(index(static_cast<int>(row), 0), index(static_cast<int>(row), kColumns - 1));
  Q_EMIT changed();
}

void ApplyPlan::refuse(std::size_t row, const client::ApiError& error, State state) {
  ApplyEntry& entry = entries_[row];
  entry.message = QString::fromStdString(error.message);
  std::string field;
  api::each_object(error.details, {"causes"}, [&](const json::object& cause) {
    if (field.empty()) field = api::text_at(cause, {"field"});
  });
  if (field.empty()) field = api::field_of_message(error.message);
  entry.message_line = field.empty() ? 0 : api::line_of(entry.part, field);
  set_state(row, state);
}

// ---- Looking

void ApplyPlan::next_check() {
  while (at_ < entries_.size() && entries_[at_].state != State::kWaiting) ++at_;
  if (at_ < entries_.size()) return check_entry(at_);
  enter(Phase::kChecked);
}

bool ApplyPlan::made_here(std::string_view kind, const std::string& name) const {
  return std::ranges::any_of(entries_, [&](const ApplyEntry& each) {
    return each.kind.toStdString() == kind && each.name.toStdString() == name &&
           each.state != State::kRefused && each.state != State::kFailed;
  });
}

// A definition of its kind is among the objects.
bool ApplyPlan::defined_here(const ApplyEntry& entry) const {
  const std::string version = text_at(entry, {"apiVersion"});
  const std::string group = version.substr(0, version.find('/'));
  return std::ranges::any_of(entries_, [&](const ApplyEntry& each) {
    return each.kind == QLatin1String("CustomResourceDefinition") &&
           text_at(each, {"spec", "group"}) == group &&
           text_at(each, {"spec", "names", "kind"}) == entry.kind.toStdString();
  });
}

void ApplyPlan::discover(const std::string& api_version, Found done) {
  if (kinds_.contains(api_version)) return done(std::nullopt);
  client::ApiRequest request;
  request.path = (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version;
  api_.send(request, this,
            [this, api_version, done,
             mine = generation_](const client::ApiResult<client::ApiResponse>& answer) {
              if (mine != generation_) return;
              if (answer.has_error()) return done(answer.error());
              auto& kinds = kinds_[api_version];
              if (answer->object) {
                api::each_object(answer->object->document(), {"resources"},
                                 [&](const json::object& resource) {
                                   const std::string plural(api::text_at(resource, {"name"}));
                                   if (plural.empty() || plural.find('/') != std::string::npos)
                                     return;
                                   kinds[std::string(api::text_at(resource, {"kind"}))] = {
                                       plural, api::flag_at(resource, {"namespaced"})};
                                 });
              }
              done(std::nullopt);
            });
}

void ApplyPlan::locate(std::size_t row, Found done) {
  const std::string version = text_at(entries_[row], {"apiVersion"});
  const auto refuse_as = [](std::string message) {
    client::ApiError error;
    error.code = 404;
    error.reason = "NotFound";
    error.message = std::move(message);
    return error;
  };
  if (version.empty() || entries_[row].kind.isEmpty())
    return done(refuse_as(tr("It has no apiVersion or no kind.").toStdString()));
  if (entries_[row].name.isEmpty())
    return done(refuse_as(tr("It has no metadata.name.").toStdString()));
  discover(version, [this, row, version, refuse_as,
                     done = std::move(done)](std::optional<client::ApiError> error) {
    if (error && !error->is_not_found()) return done(std::move(error));
    ApplyEntry& entry = entries_[row];
    const auto& kinds = kinds_[version];
    const auto kind = kinds.find(entry.kind.toStdString());
    if (kind == kinds.end()) {
      kinds_.erase(version);
      return done(refuse_as(
          tr("The cluster has no kind %1 in %2.").arg(entry.kind, text(version)).toStdString()));
    }
    entry.resource_path = (version.find('/') == std::string::npos ? "/api/" : "/apis/") + version;
    if (kind->second.namespaced) {
      if (entry.name_space.isEmpty()) entry.name_space = QStringLiteral("default");
      entry.resource_path += "/namespaces/" + encode(entry.name_space.toStdString());
    } else {
      entry.name_space.clear();
    }
    entry.resource_path += "/" + kind->second.plural;
    done(std::nullopt);
  });
}

client::ApiRequest ApplyPlan::request_of(const ApplyEntry& entry, bool dry_run) const {
  client::ApiRequest request;
  request.method = "PATCH";
  request.path = entry.resource_path + "/" + encode(entry.name.toStdString());
  request.query = {{"fieldManager", "cove"}, {"fieldValidation", "Strict"}};
  if (entry.take_over) request.query.emplace_back("force", "true");
  if (dry_run) request.query.emplace_back("dryRun", "All");
  request.content_type = "application/apply-patch+yaml";
  request.body = std::make_shared<const std::string>(api::to_text(entry.part.document));
  return request;
}

void ApplyPlan::check_entry(std::size_t row) {
  locate(row, [this, row](const std::optional<client::ApiError>& error) {
    if (error) {
      if (error->is_not_found() && defined_here(entries_[row])) {
        entries_[row].message =
            tr("Its kind is defined by this same manifest: the server can say "
               "more once that is there.");
        set_state(row, State::kUnchecked);
      } else {
        refuse(row, *error, State::kRefused);
      }
      return next_check();
    }
    client::ApiRequest get;
    get.path = entries_[row].resource_path + "/" + encode(entries_[row].name.toStdString());
    api_.send(
        get, this,
        [this, row, mine = generation_](const client::ApiResult<client::ApiResponse>& answer) {
          if (mine != generation_) return;
          if (answer.has_error() && !answer.error().is_not_found()) {
            refuse(row, answer.error(), State::kRefused);
            return next_check();
          }
          const bool there = answer.has_value() && answer->object;
          entries_[row].before =
              there ? yaml_of_object(comparable(answer->object->document())) : QString();
          dry_run(row);
        });
  });
}

void ApplyPlan::dry_run(std::size_t row) {
  api_.send(request_of(entries_[row], true), this,
            [this, row, mine = generation_](const client::ApiResult<client::ApiResponse>& answer) {
              if (mine == generation_) take_dry_run(row, answer);
            });
}

void ApplyPlan::take_dry_run(std::size_t row,
                             const client::ApiResult<client::ApiResponse>& answer) {
  ApplyEntry& entry = entries_[row];
  if (answer.has_value()) {
    entry.after =
        answer->object ? yaml_of_object(comparable(answer->object->document())) : QString();
    set_state(row, entry.before.isEmpty()        ? State::kCreate
                   : entry.before == entry.after ? State::kSame
                                                 : State::kChange);
    return next_check();
  }
  const client::ApiError& error = answer.error();
  if (error.is_conflict() && error.has_cause("FieldManagerConflict")) {
    refuse(row, error, State::kConflict);
    api::each_object(error.details, {"causes"}, [&](const json::object& cause) {
      entries_[row].managers.append(QStringLiteral("%1: %2").arg(
          text(api::text_at(cause, {"message"})), text(api::text_at(cause, {"field"}))));
    });
  } else if (error.is_not_found() && made_here("Namespace", entry.name_space.toStdString())) {
    entry.after = yaml_of_object(entry.part.document);
    entry.message =
        tr("Its namespace is made by this same manifest: the server can say more once "
           "that is there.");
    set_state(row, State::kUnchecked);
  } else {
    refuse(row, error, State::kRefused);
  }
  next_check();
}

void ApplyPlan::take_over(int row, bool force) {
  const auto at = static_cast<std::size_t>(row);
  if (phase_ != Phase::kChecked || at >= entries_.size()) return;
  entries_[at].take_over = force;
  set_state(at, State::kWaiting);
  at_ = 0;
  enter(Phase::kChecking);
  next_check();
}

// ---- Doing

void ApplyPlan::apply() {
  if (phase_ != Phase::kChecked) return;
  ++generation_;
  at_ = 0;
  definition_tries_ = 0;
  enter(Phase::kApplying);
  next_apply();
}

void ApplyPlan::next_apply() {
  for (; at_ < entries_.size(); ++at_) {
    const State state = entries_[at_].state;
    if (state == State::kCreate || state == State::kChange || state == State::kUnchecked)
      return apply_entry(at_);
    if (state == State::kRefused || state == State::kConflict) {
      if (state == State::kConflict)
        entries_[at_].message = tr("Left out: other managers own fields of it.") +
                                QLatin1Char('\n') + entries_[at_].managers.join(QLatin1Char('\n'));
      set_state(at_, State::kNotApplied);
    }
  }
  enter(Phase::kApplied);
}

void ApplyPlan::apply_entry(std::size_t row) {
  set_state(row, State::kApplying);
  locate(row, [this, row](const std::optional<client::ApiError>& error) {
    if (!error) {
      definition_tries_ = 0;
      return api_.send(
          request_of(entries_[row], false), this,
          [this, row, mine = generation_](const client::ApiResult<client::ApiResponse>& answer) {
            if (mine == generation_) take_applied(row, answer);
          });
    }
    // A kind that was defined a moment ago is served a moment later.
    if (error->is_not_found() && defined_here(entries_[row]) &&
        ++definition_tries_ < kDefinitionTries) {
      QTimer::singleShot(kDefinitionPause, this, [this, row, mine = generation_] {
        if (mine == generation_) apply_entry(row);
      });
      return;
    }
    definition_tries_ = 0;
    refuse(row, *error, State::kFailed);
    ++at_;
    next_apply();
  });
}

void ApplyPlan::take_applied(std::size_t row,
                             const client::ApiResult<client::ApiResponse>& answer) {
  if (answer.has_error()) {
    refuse(row, answer.error(), State::kFailed);
  } else {
    if (answer->object)
      entries_[row].after = yaml_of_object(comparable(answer->object->document()));
    set_state(row, answer->status == 201 ? State::kCreated : State::kChanged);
  }
  ++at_;
  next_apply();
}

int ApplyPlan::count(std::initializer_list<State> states) const {
  return static_cast<int>(std::ranges::count_if(entries_, [&](const ApplyEntry& each) {
    return std::ranges::find(states, each.state) != states.end();
  }));
}

// ---- As a table

int ApplyPlan::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(entries_.size());
}

int ApplyPlan::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

QVariant ApplyPlan::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const ApplyEntry& entry = at(index.row());
  if (role == ObjectModel::kState) {
    return static_cast<int>(index.column() == kAction ? object_state(entry.state)
                                                      : ObjectState::kNone);
  }
  if (role == Qt::ToolTipRole)
    return entry.message.isEmpty() ? QVariant() : QVariant(entry.message);
  if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
  if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole) return {};
  switch (index.column()) {
    case kAction: return text_of(entry.state);
    case kObject: return QStringLiteral("%1/%2").arg(entry.kind, entry.name);
    case kNamespace: return entry.name_space;
    case kSource: {
      const int line = entry.message_line > 0 ? entry.message_line : entry.line;
      return entry.source.isEmpty() ? tr("line %1").arg(line)
                                    : QStringLiteral("%1:%2").arg(entry.source).arg(line);
    }
    default: return {};
  }
}

QVariant ApplyPlan::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole)
    return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case kAction: return tr("What happens");
    case kObject: return tr("Object");
    case kNamespace: return tr("Namespace");
    case kSource: return tr("From");
    default: return {};
  }
}

void ApplyPlan::retranslate() {
  Q_EMIT headerDataChanged(Qt::Horizontal, 0, kColumns - 1);
  if (!entries_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
}

QString text_of(State state) {
  switch (state) {
    case State::kWaiting: return ApplyPlan::tr("Checking…");
    case State::kCreate: return ApplyPlan::tr("To be created");
    case State::kChange: return ApplyPlan::tr("To be changed");
    case State::kSame: return ApplyPlan::tr("Unchanged");
    case State::kUnchecked: return ApplyPlan::tr("Not checkable yet");
    case State::kConflict: return ApplyPlan::tr("Conflict");
    case State::kRefused: return ApplyPlan::tr("Refused");
    case State::kApplying: return ApplyPlan::tr("Applying…");
    case State::kCreated: return ApplyPlan::tr("Created");
    case State::kChanged: return ApplyPlan::tr("Changed");
    case State::kFailed: return ApplyPlan::tr("Failed");
    case State::kNotApplied: return ApplyPlan::tr("Left out");
  }
  return {};
}

ObjectState object_state(State state) {
  switch (state) {
    case State::kWaiting:
    case State::kApplying:
    case State::kCreate:
    case State::kChange:
    case State::kUnchecked: return ObjectState::kBusy;
    case State::kCreated:
    case State::kChanged: return ObjectState::kGood;
    case State::kSame: return ObjectState::kOff;
    case State::kConflict:
    case State::kRefused:
    case State::kFailed:
    case State::kNotApplied: return ObjectState::kBad;
  }
  return ObjectState::kNone;
}

}  // namespace cove::ui
