#include "ui/models/object_model.h"

#include <QCoreApplication>
#include <algorithm>

#include "core/api/time.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

struct Columns {
  Q_DECLARE_TR_FUNCTIONS(ObjectColumns)
};

constexpr int kAgeInterval = 5'000;  // ms

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
}

void ObjectModel::follow(std::shared_ptr<LiveCollection> collection) {
  if (collection_) collection_->disconnect(this);
  collection_ = std::move(collection);
  if (collection_) {
    connect(collection_.get(), &LiveCollection::changed, this, &ObjectModel::apply);
    connect(collection_.get(), &LiveCollection::forgotten, this, [this] {
      beginResetModel();
      rows_.clear();
      shown_.clear();
      endResetModel();
      Q_EMIT refreshed();
    });
  }
  beginResetModel();
  rows_.clear();
  shown_.clear();
  if (collection_) {
    for (const auto& [key, object] : collection_->objects()) rows_[key] = make_row(key, object);
  }
  for (const auto& [key, row] : rows_) {
    if (shows(*row)) shown_.push_back(row);
  }
  std::ranges::sort(shown_, [this](const RowPtr& a, const RowPtr& b) { return before(a, b); });
  endResetModel();
  Q_EMIT refreshed();
}

ObjectModel::RowPtr ObjectModel::make_row(const std::string& key,
                                          const api::ObjectPtr& object) const {
  auto row = std::make_shared<Row>();
  row->key = key;
  row->object = object;
  row->cells.reserve(columns_.size());
  const WallTime now = clock_.wall();
  for (const ObjectColumn& column : columns_) {
    row->cells.push_back(column.cell(*object, now));
    if (!column.ages) row->haystack += row->cells.back().text.toLower() + QLatin1Char('\n');
  }
  return row;
}

bool ObjectModel::shows(const Row& row) const {
  if (!namespace_.empty() && row.object->namespace_name() != namespace_) return false;
  if (condition_ && !condition_(*row.object)) return false;
  return std::ranges::all_of(words_,
                             [&](const QString& word) { return row.haystack.contains(word); });
}

bool ObjectModel::before(const RowPtr& a, const RowPtr& b) const {
  const auto column = static_cast<std::size_t>(sort_column_);
  const int order = columns_.empty() ? 0 : compare(a->cells[column], b->cells[column]);
  if (order != 0) return sort_order_ == Qt::AscendingOrder ? order < 0 : order > 0;
  return a->key < b->key;
}

// Where a row stands, or would.
int ObjectModel::position(const RowPtr& row) const {
  const auto found = std::ranges::lower_bound(
      shown_, row, [this](const RowPtr& a, const RowPtr& b) { return before(a, b); });
  return static_cast<int>(found - shown_.begin());
}

void ObjectModel::apply(const std::vector<ObjectChange>& changes) {
  // A batch that is most of the table is cheaper shown at once.
  if (changes.size() > 50 && changes.size() * 2 > shown_.size()) {
    for (const ObjectChange& change : changes) {
      if (change.object) {
        rows_[change.key] = make_row(change.key, change.object);
      } else {
        rows_.erase(change.key);
      }
    }
    show_again();
  } else {
    for (const ObjectChange& change : changes) change_one(change);
  }
  Q_EMIT refreshed();
}

void ObjectModel::change_one(const ObjectChange& change) {
  const auto found = rows_.find(change.key);
  const RowPtr old = found == rows_.end() ? nullptr : found->second;
  const RowPtr now = change.object ? make_row(change.key, change.object) : nullptr;
  const bool was = old && shows(*old);
  const bool is = now && shows(*now);
  int from = was ? position(old) : -1;
  if (was && is) {
    // In place when it does not move.
    const bool after_previous =
        from == 0 || before(shown_[static_cast<std::size_t>(from - 1)], now);
    const bool before_next = from + 1 == static_cast<int>(shown_.size()) ||
                             before(now, shown_[static_cast<std::size_t>(from + 1)]);
    if (after_previous && before_next) {
      shown_[static_cast<std::size_t>(from)] = now;
      rows_[change.key] = now;
      Q_EMIT dataChanged(index(from, 0), index(from, columnCount() - 1));
      return;
    }
    const auto begin = shown_.begin();
    shown_.erase(begin + from);
    const int to = position(now);
    shown_.insert(shown_.begin() + from, old);
    if (to != from) beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
    shown_.erase(shown_.begin() + from);
    shown_.insert(shown_.begin() + to, now);
    rows_[change.key] = now;
    if (to != from) endMoveRows();
    Q_EMIT dataChanged(index(to, 0), index(to, columnCount() - 1));
    return;
  }
  if (was) {
    beginRemoveRows({}, from, from);
    shown_.erase(shown_.begin() + from);
  }
  if (now) {
    rows_[change.key] = now;
  } else {
    rows_.erase(change.key);
  }
  if (was) endRemoveRows();
  if (is) {
    const int to = position(now);
    beginInsertRows({}, to, to);
    shown_.insert(shown_.begin() + to, now);
    endInsertRows();
  }
}

// Everything anew, with what is selected kept: views hold persistent indexes.
void ObjectModel::show_again() {
  Q_EMIT layoutAboutToBeChanged();
  const QModelIndexList old = persistentIndexList();
  std::vector<std::string> keys;
  for (const QModelIndex& each : old)
    keys.push_back(shown_[static_cast<std::size_t>(each.row())]->key);
  shown_.clear();
  for (const auto& [key, row] : rows_) {
    if (shows(*row)) shown_.push_back(row);
  }
  std::ranges::sort(shown_, [this](const RowPtr& a, const RowPtr& b) { return before(a, b); });
  QModelIndexList now;
  for (qsizetype i = 0; i < old.size(); ++i) {
    const auto found = rows_.find(keys[static_cast<std::size_t>(i)]);
    const bool there = found != rows_.end() && shows(*found->second);
    now.append(there ? index(position(found->second), old[i].column()) : QModelIndex());
  }
  changePersistentIndexList(old, now);
  Q_EMIT layoutChanged();
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
  show_again();
  Q_EMIT refreshed();
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
  return found == rows_.end() || !shows(*found->second) ? -1 : position(found->second);
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
  const Cell& cell = row.cells[column];
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
  sort_column_ = column;
  sort_order_ = order;
  show_again();
}

void ObjectModel::refresh(const QString& key) {
  const std::string bytes = key.toStdString();
  const auto found = rows_.find(bytes);
  if (found != rows_.end()) change_one({bytes, found->second->object});
}

void ObjectModel::retranslate() {
  for (auto& [key, row] : rows_) *row = *make_row(key, row->object);
  show_again();
  if (columnCount() > 0) Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
  if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

// Ages are not sorted anew: all grow alike.
void ObjectModel::refresh_ages() {
  if (shown_.empty()) return;
  const WallTime now = clock_.wall();
  for (int column = 0; column < columnCount(); ++column) {
    const ObjectColumn& made = columns_[static_cast<std::size_t>(column)];
    if (!made.ages) continue;
    for (const RowPtr& row : shown_)
      row->cells[static_cast<std::size_t>(column)] = made.cell(*row->object, now);
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
