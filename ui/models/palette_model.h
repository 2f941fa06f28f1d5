// PaletteModel: pages, actions and objects by a few letters of their names.
#pragma once

#include <QAbstractListModel>
#include <functional>
#include <vector>

namespace cove::ui {

// How well a text has the letters of `typed` in their order, words apart by blanks in any order,
// any case: more for begins of words and for letters side by side. 0: it has not. Nothing typed
// fits everything alike.
int fuzzy_score(const QString& typed, const QString& text);

struct PaletteItem {
  QString id;      // "page:pods", "action:stop", "object:pods/default/web-1"
  QString title;   // what is searched
  QString detail;  // what it is: "Page", "Pod in default"
  QString icon;
  std::function<void()> run;
};

// GUI thread. Best first; alike ones by how recently they were run, then by title.
class PaletteModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role { kDetail = Qt::UserRole + 1, kIcon, kId };
  static constexpr std::size_t kMaxItems = 50'000;  // further ones are not taken
  static constexpr int kMaxShown = 100;

  explicit PaletteModel(QObject* parent = nullptr) : QAbstractListModel(parent) {}

  // Most recent first.
  void set_recent(const QStringList& ids);
  void add(std::vector<PaletteItem> items);
  void set_typed(const QString& typed);
  const PaletteItem* at(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  void show_again();
  std::vector<PaletteItem> items_;
  std::vector<std::size_t> shown_;
  QStringList recent_;
  QString typed_;
};

}  // namespace cove::ui
