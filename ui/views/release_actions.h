// ReleaseActions: "Set image…" and "Build and roll out…" of the Deployment that a page shows.
#pragma once

#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>

#include "ui/bridge/release_tasks.h"
#include "ui/views/object_page.h"

namespace cove::ui {

// GUI thread; its buttons are in the page's row of actions. What it begins shows in the activity
// list and goes on when another page is looked at.
class ReleaseActions : public QObject {
  Q_OBJECT
 public:
  ReleaseActions(const PageContext& context, ObjectPage& page, QHBoxLayout* row);

 private:
  struct Container {
    QString name;
    QString image;
  };
  std::vector<Container> containers() const;
  Release release_of(const QString& container) const;
  void set_image();
  void build();
  void build_for(const Container& container);
  void refresh();
  void retranslate();

  const PageContext context_;
  ObjectPage& page_;
  QPushButton* set_;
  QPushButton* build_;
  ApiGates gates_;
};

}  // namespace cove::ui
