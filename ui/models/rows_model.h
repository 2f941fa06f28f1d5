// RowsModel: rows of cells that somebody else computes, changed row by row; RowsFilter searches and
// sorts them.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <vector>

#include "ui/models/object_model.h"

namespace cove::ui {

struct RowColumn {
  QString (*title)();
  int width = 120;  // pixels at first
  bool right = false;
};

struct TableRow {
  QString key;  // its own
  std::vector<Cell> cells;
};

// GUI thread. Has ObjectModel's roles.
class RowsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  explicit RowsModel(std::vector<RowColumn> columns, QObject* parent = nullptr);

  // Rows that stay keep their indexes' identity, and those that are the same are not touched. In
  // the order of their keys.
  void set_rows(std::vector<TableRow> rows);
  QString key(int row) const { return rows_[static_cast<std::size_t>(row)].key; }
  const std::vector<RowColumn>& columns() const { return columns_; }
  // The columns' titles; the rows are whose they are.
  virtual void retranslate();

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  const std::vector<RowColumn> columns_;
  std::vector<TableRow> rows_;
};

// Words that must all be in some cell (any case); sorts by ObjectModel::kSort.
class RowsFilter : public QSortFilterProxyModel {
  Q_OBJECT
 public:
  explicit RowsFilter(RowsModel& model, QObject* parent = nullptr);
  void set_words(const QString& text);
  QString key(int row) const;
  int row_of(const QString& key) const;  // -1: not shown

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
  bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

 private:
  RowsModel& model_;
  QStringList words_;
};

}  // namespace cove::ui
