// KindsPage: a page of several kinds of objects that belong together, one at a time.
#pragma once

#include <QStackedWidget>

#include "ui/views/object_page.h"
#include "ui/widgets/segments.h"

namespace cove::ui {

struct KindEntry {
  const char* plural;  // as the API names it
  QString (*title)();
  ObjectPage* (*make)(const PageContext&, QWidget* parent);  // at its first visit
};

// GUI thread. The chooser is called "<id>_kinds".
class KindsPage : public QWidget {
  Q_OBJECT
 public:
  KindsPage(const PageContext& context, const QString& id, std::vector<KindEntry> kinds,
            QWidget* parent);

  // Shows that kind and chooses the object with that key, as ObjectPage does. A kind it has not is
  // passed over.
  void choose_object(const QString& plural, const QString& key);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void show_kind(int index);
  void retranslate();

  const PageContext context_;
  const std::vector<KindEntry> kinds_;
  std::vector<ObjectPage*> made_;
  Segments* segments_;
  QStackedWidget* stack_;
};

}  // namespace cove::ui
