// ObjectModel: a collection of API objects as a table: columns computed from objects, filtered and
// sorted, changed row by row.
#pragma once

#include <QAbstractTableModel>
#include <QTimer>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "ui/bridge/api_session.h"

namespace cove::ui {

// What a state's colour and shape say.
enum class ObjectState { kNone, kGood, kBusy, kBad, kOff };

struct Cell {
  QString text;
  QVariant sort = {};  // what it is sorted by; nothing: the text
  ObjectState state = ObjectState::kNone;
  QString tip = {};
};

struct ObjectColumn {
  std::function<QString()> title;
  std::function<Cell(const api::Object& object, WallTime now)> cell;
  int width = 120;  // pixels at first
  bool right = false;
  bool ages = false;  // changes as time goes by
};

// GUI thread. Row order and filter are the model's own: an object that changes costs one row, and
// typing into the filter one pass over what is known, without sorting. Selections and scroll
// positions survive: a few rows are inserted and removed one by one, many by a new layout. A great
// collection is taken in turns of the event loop: the first rows show at once, and the others as
// soon as they are as many as those that show, so that views lay out their rows a few times only.
class ObjectModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Role { kKey = Qt::UserRole + 1, kState, kSort };

  ObjectModel(std::vector<ObjectColumn> columns, const Clock& clock, QObject* parent = nullptr);

  // From now on it shows this collection; nothing: none.
  void follow(std::shared_ptr<LiveCollection> collection);
  const LiveCollection* collection() const { return collection_.get(); }

  // Words that must all be in some cell (any case).
  void set_filter(const QString& text);
  // Empty: all.
  void set_namespace(const QString& name);
  // A further condition of the page's; nothing: none. Cells are made only of what meets it.
  void set_condition(std::function<bool(const api::Object&)> condition);

  api::ObjectPtr object(int row) const;
  QString key(int row) const;
  int row_of(const QString& key) const;  // -1: not shown
  std::size_t known() const { return rows_.size(); }
  bool knows(const QString& key) const { return rows_.contains(key.toStdString()); }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  void sort(int column, Qt::SortOrder order) override;
  const std::vector<ObjectColumn>& columns() const { return columns_; }
  // The object's cells are made again: they depend on more than the object, which has changed.
  void refresh(const QString& key);
  // Cells are made again, in the language of now.
  void retranslate();

 Q_SIGNALS:
  // After every batch of changes, filtered or not.
  void refreshed();

 private:
  struct Row {
    std::string key;
    api::ObjectPtr object;
    bool fits = true;     // the condition; without it there is nothing else
    bool leaves = false;  // is about to go
    std::vector<Cell> cells;
    QString haystack;
  };
  using OwnedRow = std::unique_ptr<Row>;
  struct Change {
    std::string key;
    OwnedRow row;  // null: it is gone
  };

  OwnedRow make_row(const std::string& key, const api::ObjectPtr& object) const;
  Change make_change(const ObjectChange& change) const;
  void apply(const std::vector<ObjectChange>& changes);
  void change_one(Change change);
  void show_change(Row* old, Row* now);
  void merge(std::vector<Change> changes);
  void make_some();
  void show_made();
  void go_on();
  void start_again();
  bool matches(const Row& row) const;
  bool shows(const Row& row) const { return row.fits && matches(row); }
  bool before(const Row* a, const Row* b) const;
  int position(const std::vector<Row*>& among, const Row* row) const;
  void lay_out(const std::function<void()>& change);
  void filter();
  void show_again();
  void refresh_ages();

  const std::vector<ObjectColumn> columns_;
  const Clock& clock_;
  std::shared_ptr<LiveCollection> collection_;
  std::unordered_map<std::string, OwnedRow> rows_;
  std::vector<Row*> sorted_;          // all that fit
  std::vector<Row*> shown_;           // of those, what the filter lets through
  std::vector<std::string> pending_;  // known to the collection, with no row of now yet
  std::vector<Change> made_;          // rows of now in their order, that are not among rows_ yet
  QStringList words_;
  std::string namespace_;
  std::function<bool(const api::Object&)> condition_;
  int sort_column_ = 0;
  Qt::SortOrder sort_order_ = Qt::AscendingOrder;
  QTimer ages_;
  QTimer rest_;
};

// "12 s", "5 min", "3 h", "4 d": since a time, in the one greatest unit.
QString age_text(WallTime since, WallTime now);
// metadata.creationTimestamp; nothing when it has none.
std::optional<WallTime> created_at(const api::Object& object);
// Columns that every kind has.
ObjectColumn name_column();
ObjectColumn namespace_column();
ObjectColumn age_column();

}  // namespace cove::ui
