#include "ui/models/rows_model.h"

#include <algorithm>

namespace cove::ui {
namespace {

bool same_cells(const std::vector<Cell>& a, const std::vector<Cell>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Cell& x, const Cell& y) {
    return x.text == y.text && x.state == y.state && x.tip == y.tip && x.sort == y.sort;
  });
}

}  // namespace

RowsModel::RowsModel(std::vector<RowColumn> columns, QObject* parent)
    : QAbstractTableModel(parent), columns_(std::move(columns)) {}

void RowsModel::set_rows(std::vector<TableRow> rows) {
  std::ranges::sort(rows, {}, &TableRow::key);
  const auto twice = std::ranges::unique(rows, {}, &TableRow::key);
  rows.erase(twice.begin(), twice.end());
  std::size_t at = 0;
  for (TableRow& row : rows) {
    while (at < rows_.size() && rows_[at].key < row.key) {
      beginRemoveRows({}, static_cast<int>(at), static_cast<int>(at));
      rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(at));
      endRemoveRows();
    }
    if (at == rows_.size() || rows_[at].key != row.key) {
      beginInsertRows({}, static_cast<int>(at), static_cast<int>(at));
      rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(at), std::move(row));
      endInsertRows();
    } else if (!same_cells(rows_[at].cells, row.cells)) {
      rows_[at].cells = std::move(row.cells);
      Q_EMIT dataChanged(index(static_cast<int>(at), 0),
                         index(static_cast<int>(at), columnCount() - 1));
    }
    ++at;
  }
  if (at == rows_.size()) return;
  beginRemoveRows({}, static_cast<int>(at), static_cast<int>(rows_.size()) - 1);
  rows_.resize(at);
  endRemoveRows();
}

void RowsModel::retranslate() {
  Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
}

int RowsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int RowsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

QVariant RowsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const TableRow& row = rows_[static_cast<std::size_t>(index.row())];
  if (role == ObjectModel::kKey) return row.key;
  const auto column = static_cast<std::size_t>(index.column());
  if (column >= row.cells.size()) return {};
  const Cell& cell = row.cells[column];
  switch (role) {
    case Qt::DisplayRole: return cell.text;
    case Qt::ToolTipRole: return cell.tip.isEmpty() ? QVariant() : QVariant(cell.tip);
    case Qt::TextAlignmentRole:
      return static_cast<int>((columns_[column].right ? Qt::AlignRight : Qt::AlignLeft) |
                              Qt::AlignVCenter);
    case ObjectModel::kState: return static_cast<int>(cell.state);
    case ObjectModel::kSort: return cell.sort.isValid() ? cell.sort : QVariant(cell.text);
    default: return {};
  }
}

QVariant RowsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const RowColumn& column = columns_[static_cast<std::size_t>(section)];
  if (role == Qt::DisplayRole) return column.title();
  if (role == Qt::TextAlignmentRole)
    return static_cast<int>((column.right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  return {};
}

RowsFilter::RowsFilter(RowsModel& model, QObject* parent)
    : QSortFilterProxyModel(parent), model_(model) {
  setSortRole(ObjectModel::kSort);
  setSourceModel(&model);
}

void RowsFilter::set_words(const QString& text) {
  words_ = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
  invalidateFilter();
}

QString RowsFilter::key(int row) const {
  return index(row, 0).data(ObjectModel::kKey).toString();
}

int RowsFilter::row_of(const QString& key) const {
  for (int row = 0; row < rowCount(); ++row)
    if (this->key(row) == key) return row;
  return -1;
}

bool RowsFilter::filterAcceptsRow(int row, const QModelIndex&) const {
  return std::ranges::all_of(words_, [&](const QString& word) {
    for (int column = 0; column < model_.columnCount(); ++column) {
      const QString text = model_.index(row, column).data().toString();
      if (text.contains(word, Qt::CaseInsensitive)) return true;
    }
    return false;
  });
}

bool RowsFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const {
  const QVariant a = left.data(ObjectModel::kSort);
  const QVariant b = right.data(ObjectModel::kSort);
  const auto order = QVariant::compare(a, b);
  if (order == QPartialOrdering::Less) return true;
  if (order == QPartialOrdering::Greater) return false;
  return left.data(ObjectModel::kKey).toString() < right.data(ObjectModel::kKey).toString();
}

}  // namespace cove::ui
