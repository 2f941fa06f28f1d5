#include "ui/models/object_model.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <algorithm>

#include "core/api/time.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

struct Columns {
  Q_DECLARE_TR_FUNCTIONS(ObjectColumns)
};

constexpr int kAgeInterval = 5'000;    // ms
constexpr int kTurn = 8;               // ms for rows in one turn of the event loop
constexpr int kAtOnce = 16;            // rows between two looks at the time
constexpr std::size_t kOneByOne = 20;  // changes; more are cheaper shown at once

int compare(const Cell& a, const Cell& b) {
  if (a.sort.isValid() && b.sort.isValid()) {
    const auto order = QVariant::compare(a.sort, b.sort);
    if (order == QPartialOrdering::Less) return -1;
    if (order == QPartialOrdering::Greater) return 1;
    return 0;
  }
  return QString::compare(a.text, b.text, Qt::CaseInsensitive);
}

}  // namespace

ObjectModel::ObjectModel(std::vector<ObjectColumn> columns, const Clock& clock, QObject* parent)
    : QAbstractTableModel(parent), columns_(std::move(columns)), clock_(clock) {
  ages_.setInterval(kAgeInterval);
  connect(&ages_, &QTimer::timeout, this, &ObjectModel::refresh_ages);
  if (std::ranges::any_of(columns_, [](const ObjectColumn& each) { return each.ages; }))
    ages_.start();
  rest_.setSingleShot(true);
  connect(&rest_, &QTimer::timeout, this, &ObjectModel::go_on);
}

void ObjectModel::follow(std::shared_ptr<LiveCollection> collection) {
  if (collection_) collection_->disconnect(this);
  collection_ = std::move(collection);
  if (collection_) {
    connect(collection_.get(), &LiveCollection::changed, this, &ObjectModel::apply);
    connect(collection_.get(), &LiveCollection::forgotten, this, &ObjectModel::start_again);
  }
  start_again();
}

// With nothing but the first of what the collection knows.
void ObjectModel::start_again() {
  beginResetModel();
  sorted_.clear();
  shown_.clear();
  rows_.clear();
  pending_.clear();
  made_.clear();
  if (collection_) {
    for (const auto& [key, object] : collection_->objects()) pending_.push_back(key);
  }
  make_some();
  merge(std::exchange(made_, {}));
  if (!pending_.empty()) rest_.start();
  endResetModel();
  Q_EMIT refreshed();
}

// Rows of as many of those that wait as a turn has time for.
void ObjectModel::make_some() {
  QElapsedTimer time;
  time.start();
  const auto middle = static_cast<std::ptrdiff_t>(made_.size());
  while (!pending_.empty() && !time.hasExpired(kTurn)) {
    for (int i = 0; i < kAtOnce && !pending_.empty(); ++i) {
      const std::string key = std::move(pending_.back());
      pending_.pop_back();
      if (const api::ObjectPtr object = collection_->find(key))
        made_.push_back({key, make_row(key, object)});
    }
  }
  const auto order = [this](const Change& a, const Change& b) {
    return before(a.row.get(), b.row.get());
  };
  std::sort(made_.begin() + middle, made_.end(), order);
  std::inplace_merge(made_.begin(), made_.begin() + middle, made_.end(), order);
}

// A turn either makes rows or shows them.
void ObjectModel::go_on() {
  if (!pending_.empty() && made_.size() < rows_.size()) {
    make_some();
  } else {
    show_made();
  }
  if (!pending_.empty() || !made_.empty()) rest_.start();
}

void ObjectModel::show_made() {
  if (made_.empty()) return;
  lay_out([this] { merge(std::exchange(made_, {})); });
  Q_EMIT refreshed();
}

ObjectModel::OwnedRow ObjectModel::make_row(const std::string& key,
                                            const api::ObjectPtr& object) const {
  auto row = std::make_unique<Row>();
  row->key = key;
  row->object = object;
  row->fits = !condition_ || condition_(*object);
  if (!row->fits) return row;
  row->cells.reserve(columns_.size());
  const WallTime now = clock_.wall();
  for (const ObjectColumn& column : columns_) {
    row->cells.push_back(column.cell(*object, now));
    if (!column.ages) row->haystack += row->cells.back().text.toLower() + QLatin1Char('\n');
  }
  return row;
}

ObjectModel::Change ObjectModel::make_change(const ObjectChange& change) const {
  return {change.key, change.object ? make_row(change.key, change.object) : nullptr};
}

bool ObjectModel::matches(const Row& row) const {
  if (!namespace_.empty() && row.object->namespace_name() != namespace_) return false;
  return std::ranges::all_of(words_,
                             [&](const QString& word) { return row.haystack.contains(word); });
}

// Of two that fit; those that do not, and have no cells, come last.
bool ObjectModel::before(const Row* a, const Row* b) const {
  if (!a->fits || !b->fits) return a->fits != b->fits ? a->fits : a->key < b->key;
  const auto column = static_cast<std::size_t>(sort_column_);
  const int order = columns_.empty() ? 0 : compare(a->cells[column], b->cells[column]);
  if (order != 0) return sort_order_ == Qt::AscendingOrder ? order < 0 : order > 0;
  return a->key < b->key;
}

// Where a row stands, or would.
int ObjectModel::position(const std::vector<Row*>& among, const Row* row) const {
  const auto found = std::ranges::lower_bound(
      among, row, [this](const Row* a, const Row* b) { return before(a, b); });
  return static_cast<int>(found - among.begin());
}

void ObjectModel::apply(const std::vector<ObjectChange>& changes) {
  show_made();
  if (changes.size() > kOneByOne) {
    std::vector<Change> made;
    made.reserve(changes.size());
    for (const ObjectChange& change : changes) made.push_back(make_change(change));
    lay_out([&] { merge(std::move(made)); });
  } else {
    for (const ObjectChange& change : changes) change_one(make_change(change));
  }
  Q_EMIT refreshed();
}

void ObjectModel::change_one(Change change) {
  const auto found = rows_.find(change.key);
  const OwnedRow old = found == rows_.end() ? nullptr : std::move(found->second);
  if (old && old->fits) sorted_.erase(sorted_.begin() + position(sorted_, old.get()));
  Row* const now = change.row.get();
  if (now != nullptr && now->fits) sorted_.insert(sorted_.begin() + position(sorted_, now), now);
  if (now == nullptr) {
    if (found != rows_.end()) rows_.erase(found);
  } else {
    rows_[change.key] = std::move(change.row);
  }
  show_change(old.get(), now);
}

void ObjectModel::show_change(Row* old, Row* now) {
  const bool was = old != nullptr && shows(*old);
  const bool is = now != nullptr && shows(*now);
  const int from = was ? position(shown_, old) : -1;
  if (was && is) {
    shown_.erase(shown_.begin() + from);
    const int to = position(shown_, now);
    shown_.insert(shown_.begin() + from, old);
    if (to != from) beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
    shown_.erase(shown_.begin() + from);
    shown_.insert(shown_.begin() + to, now);
    if (to != from) endMoveRows();
    Q_EMIT dataChanged(index(to, 0), index(to, columnCount() - 1));
  } else if (was) {
    beginRemoveRows({}, from, from);
    shown_.erase(shown_.begin() + from);
    endRemoveRows();
  } else if (is) {
    const int to = position(shown_, now);
    beginInsertRows({}, to, to);
    shown_.insert(shown_.begin() + to, now);
    endInsertRows();
  }
}

// Costs one pass over all rows, however many change.
void ObjectModel::merge(std::vector<Change> changes) {
  std::vector<OwnedRow> left;
  std::vector<Row*> come;
  for (Change& change : changes) {
    if (const auto found = rows_.find(change.key); found != rows_.end()) {
      found->second->leaves = true;
      left.push_back(std::move(found->second));
      rows_.erase(found);
    }
    if (!change.row) continue;
    if (change.row->fits) come.push_back(change.row.get());
    rows_[change.key] = std::move(change.row);
  }
  const auto order = [this](const Row* a, const Row* b) { return before(a, b); };
  if (!left.empty()) std::erase_if(sorted_, [](const Row* row) { return row->leaves; });
  if (!std::ranges::is_sorted(come, order)) std::ranges::sort(come, order);
  const auto middle = static_cast<std::ptrdiff_t>(sorted_.size());
  sorted_.insert(sorted_.end(), come.begin(), come.end());
  std::ranges::inplace_merge(sorted_, sorted_.begin() + middle, order);
  filter();
}

void ObjectModel::filter() {
  shown_.clear();
  std::ranges::copy_if(sorted_, std::back_inserter(shown_),
                       [this](const Row* row) { return matches(*row); });
}

// What is shown anew, with what is selected kept: views hold persistent indexes.
void ObjectModel::lay_out(const std::function<void()>& change) {
  Q_EMIT layoutAboutToBeChanged();
  const QModelIndexList old = persistentIndexList();
  std::vector<std::string> keys;
  for (const QModelIndex& each : old)
    keys.push_back(shown_[static_cast<std::size_t>(each.row())]->key);
  change();
  QModelIndexList now;
  for (qsizetype i = 0; i < old.size(); ++i) {
    const auto found = rows_.find(keys[static_cast<std::size_t>(i)]);
    const bool there = found != rows_.end() && shows(*found->second);
    now.append(there ? index(position(shown_, found->second.get()), old[i].column())
                     : QModelIndex());
  }
  changePersistentIndexList(old, now);
  Q_EMIT layoutChanged();
}

void ObjectModel::show_again() {
  lay_out([this] { filter(); });
}

void ObjectModel::set_filter(const QString& text) {
  const QStringList words = text.toLower().split(QLatin1Char(' '), Qt::SkipEmptyParts);
  if (words == words_) return;
  words_ = words;
  show_again();
  Q_EMIT refreshed();
}

void ObjectModel::set_namespace(const QString& name) {
  if (namespace_ == name.toStdString()) return;
  namespace_ = name.toStdString();
  show_again();
  Q_EMIT refreshed();
}

void ObjectModel::set_condition(std::function<bool(const api::Object&)> condition) {
  condition_ = std::move(condition);
  start_again();
}

api::ObjectPtr ObjectModel::object(int row) const {
  return row >= 0 && row < rowCount() ? shown_[static_cast<std::size_t>(row)]->object : nullptr;
}

QString ObjectModel::key(int row) const {
  return row >= 0 && row < rowCount()
             ? QString::fromStdString(shown_[static_cast<std::size_t>(row)]->key)
             : QString();
}

int ObjectModel::row_of(const QString& key) const {
  const auto found = rows_.find(key.toStdString());
  return found == rows_.end() || !shows(*found->second) ? -1
                                                        : position(shown_, found->second.get());
}

int ObjectModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

int ObjectModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

QVariant ObjectModel::data(const QModelIndex& at, int role) const {
  if (!checkIndex(at, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
    return {};
  const Row& row = *shown_[static_cast<std::size_t>(at.row())];
  const auto column = static_cast<std::size_t>(at.column());
  const bool ages = columns_[column].ages &&
                    (role == Qt::DisplayRole || role == Qt::AccessibleTextRole || role == kState);
  const Cell aged = ages ? columns_[column].cell(*row.object, clock_.wall()) : Cell();
  const Cell& cell = ages ? aged : row.cells[column];
  switch (role) {
    case Qt::DisplayRole: return cell.text;
    case Qt::AccessibleTextRole: return cell.text;
    case Qt::ToolTipRole: return cell.tip.isEmpty() ? QVariant() : QVariant(cell.tip);
    case Qt::TextAlignmentRole:
      return QVariant((columns_[column].right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case kKey: return QString::fromStdString(row.key);
    case kState: return static_cast<int>(cell.state);
    case kSort: return cell.sort.isValid() ? cell.sort : QVariant(cell.text);
    default: return {};
  }
}

QVariant ObjectModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const ObjectColumn& column = columns_[static_cast<std::size_t>(section)];
  if (role == Qt::DisplayRole) return column.title();
  if (role == Qt::TextAlignmentRole)
    return QVariant((column.right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  return {};
}

void ObjectModel::sort(int column, Qt::SortOrder order) {
  if (column < 0 || column >= columnCount()) return;
  show_made();
  sort_column_ = column;
  sort_order_ = order;
  lay_out([this] {
    std::ranges::sort(sorted_, [this](const Row* a, const Row* b) { return before(a, b); });
    filter();
  });
}

void ObjectModel::refresh(const QString& key) {
  show_made();
  const std::string bytes = key.toStdString();
  const auto found = rows_.find(bytes);
  if (found != rows_.end()) change_one(make_change({bytes, found->second->object}));
}

// The old rows stay until it is their turn, and those that waited already wait on.
void ObjectModel::retranslate() {
  if (columnCount() > 0) Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
  show_made();
  std::erase_if(pending_, [this](const std::string& key) { return rows_.contains(key); });
  for (const auto& [key, row] : rows_) pending_.push_back(key);
  make_some();
  if (pending_.empty()) return show_made();
  rest_.start();
}

// Ages are told by the clock whenever they are asked for, and not sorted anew: all grow alike.
void ObjectModel::refresh_ages() {
  if (shown_.empty()) return;
  for (int column = 0; column < columnCount(); ++column) {
    if (columns_[static_cast<std::size_t>(column)].ages)
      Q_EMIT dataChanged(index(0, column), index(rowCount() - 1, column), {Qt::DisplayRole});
  }
}

QString age_text(WallTime since, WallTime now) {
  const auto seconds =
      std::max<qint64>(0, std::chrono::duration_cast<std::chrono::seconds>(now - since).count());
  if (seconds < 120) return Columns::tr("%1 s").arg(seconds);
  if (seconds < 2 * 3600) return Columns::tr("%1 min").arg(seconds / 60);
  if (seconds < 2 * 86400) return Columns::tr("%1 h").arg(seconds / 3600);
  return Columns::tr("%1 d").arg(seconds / 86400);
}

std::optional<WallTime> created_at(const api::Object& object) {
  const auto time =
      api::parse_time(api::text_at(object.document(), {"metadata", "creationTimestamp"}));
  return time ? std::optional<WallTime>(*time) : std::nullopt;
}

ObjectColumn name_column() {
  return {[] { return Columns::tr("Name"); },
          [](const api::Object& object, WallTime) { return Cell{text(object.name())}; }, 216};
}

ObjectColumn namespace_column() {
  return {[] { return Columns::tr("Namespace"); },
          [](const api::Object& object, WallTime) { return Cell{text(object.namespace_name())}; },
          120};
}

ObjectColumn age_column() {
  return {[] { return Columns::tr("Age"); },
          [](const api::Object& object, WallTime now) {
            const auto created = created_at(object);
            if (!created) return Cell{};
            return Cell{age_text(*created, now),
                        QVariant(qint64(-created->time_since_epoch().count()))};
          },
          80, true, true};
}

}  // namespace cove::ui
