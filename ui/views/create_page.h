// CreatePage: the form for a new cluster, and the timeline of steps it turns into.
#pragma once

#include <QStackedWidget>

#include "ui/views/pages.h"

namespace cove::ui {

class CreateForm;
class OperationView;

class CreatePage : public QStackedWidget {
  Q_OBJECT
 public:
  CreatePage(const PageContext& context, QWidget* parent);
  // Shows the form, unless a creation begun here is still under way.
  void begin(const QString& name = {});
  bool creating() const;
  // Whether the form is shown, not the timeline of a creation begun here or of how it failed.
  bool at_form() const;

 Q_SIGNALS:
  // The creation begun here came to its end.
  // `demo`: the guided tour was asked for with it.
  void created(const QString& profile, bool demo);
  // The user leaves a creation that failed or was cancelled.
  void left(const QString& profile);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QWidget* build_timeline();
  void submit(const OperationRequest& request, bool demo);
  void follow(OperationId id);
  void ended(OperationId id);
  void refresh();

  PageContext context_;
  CreateForm* form_;
  OperationView* timeline_ = nullptr;
  QLabel* headline_ = nullptr;
  QLabel* lead_ = nullptr;
  QPushButton* back_ = nullptr;
  bool demo_ = false;
};

}  // namespace cove::ui
