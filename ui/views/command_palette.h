// CommandPalette: go to any page or object and run any action, by the keyboard alone.
#pragma once

#include <QDialog>
#include <QLineEdit>
#include <QListView>

#include "ui/models/palette_model.h"
#include "ui/views/pages.h"

namespace cove::ui {

// GUI thread; deletes itself when it is closed. Objects are those that pages follow already; of
// other kinds the first kMaxListed are asked for once, when it opens.
class CommandPalette : public QDialog {
  Q_OBJECT
 public:
  static constexpr int kMaxListed = 500;

  // `items` are the window's own: pages and actions. `recent`: ids, most recent first.
  CommandPalette(const PageContext& context, std::vector<PaletteItem> items,
                 const QStringList& recent, QWidget* parent);

  PaletteModel& model() { return *model_; }

 Q_SIGNALS:
  void chosen(const QString& id);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void add_objects();
  void add_objects_of(const char* page, const std::vector<api::ObjectPtr>& objects,
                      const char* plural);
  void run(int row);
  void move(int by);

  const PageContext context_;
  PaletteModel* model_;
  QLineEdit* typed_;
  QListView* list_;
  QLabel* nothing_;
};

}  // namespace cove::ui
