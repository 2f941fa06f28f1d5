#include "ui/views/create_page.h"

#include <QEvent>
#include <QScrollArea>
#include <QVBoxLayout>

#include "ui/models/text.h"
#include "ui/views/create_form.h"
#include "ui/views/operation_view.h"

namespace cove::ui {

CreatePage::CreatePage(const PageContext& context, QWidget* parent)
    : QStackedWidget(parent), context_(context), form_(new CreateForm(context, this)) {
  addWidget(form_);
  addWidget(build_timeline());
  connect(form_, &CreateForm::submitted, this, &CreatePage::submit);
  connect(timeline_, &OperationView::tried_again, this, &CreatePage::follow);
  connect(timeline_, &OperationView::second_action, this, [this] { back_->click(); });
  connect(&context_.activity, &ActivityModel::operation_ended, this, &CreatePage::ended);
  refresh();
}

QWidget* CreatePage::build_timeline() {
  auto* area = new QScrollArea(this);
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setFocusPolicy(Qt::NoFocus);
  auto* content = new QWidget(area);
  auto* outer = new QHBoxLayout(content);
  outer->setContentsMargins(24, 24, 24, 24);
  auto* page = new QWidget(content);
  page->setMaximumWidth(800);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  headline_ = make_label("hero", page);
  lead_ = make_label("secondary", page);
  lead_->setWordWrap(true);
  column->addWidget(headline_);
  column->addSpacing(4);
  column->addWidget(lead_);
  column->addSpacing(20);
  QFrame* card = make_card(page);
  auto* inside = new QVBoxLayout(card);
  inside->setContentsMargins(24, 20, 24, 20);
  timeline_ = new OperationView(context_.theme, context_.activity, card);
  timeline_->setObjectName(QStringLiteral("create_timeline"));
  inside->addWidget(timeline_);
  column->addWidget(card);
  column->addSpacing(16);
  back_ = make_button("default", page);
  back_->setObjectName(QStringLiteral("create_back"));
  auto* row = new QHBoxLayout;
  row->addWidget(back_);
  row->addStretch();
  column->addLayout(row);
  column->addStretch();
  outer->addStretch(1);
  outer->addWidget(page, 1000);
  outer->addStretch(1);
  area->setWidget(content);
  connect(back_, &QPushButton::clicked, this, [this] {
    const Operation* operation = context_.activity.find(timeline_->operation());
    const QString profile =
        operation ? QString::fromStdString(operation->request.profile) : QString();
    timeline_->show_operation(0);
    setCurrentIndex(0);
    Q_EMIT left(profile);
  });
  return area;
}

bool CreatePage::creating() const {
  const Operation* operation = context_.activity.find(timeline_->operation());
  return operation && operation->state == OperationState::kRunning;
}

bool CreatePage::at_form() const {
  return currentIndex() == 0;
}

void CreatePage::begin(const QString& name) {
  if (creating()) return;
  timeline_->show_operation(0);
  setCurrentIndex(0);
  form_->begin(name);
}

void CreatePage::submit(const OperationRequest& request, bool demo) {
  if (const auto id = context_.bridge.run(request)) {
    demo_ = demo;
    context_.current.choose(request.profile);
    follow(*id);
  }
}

void CreatePage::follow(OperationId id) {
  timeline_->show_operation(id);
  setCurrentIndex(1);
  // Not on Cancel: a key pressed too long would stop what was just begun.
  setFocus();
  refresh();
}

void CreatePage::ended(OperationId id) {
  if (id != timeline_->operation()) return;
  refresh();
  const Operation* operation = context_.activity.find(id);
  if (operation && operation->state == OperationState::kSucceeded) {
    Q_EMIT created(QString::fromStdString(operation->request.profile), demo_);
  }
}

void CreatePage::refresh() {
  timeline_->set_second_action(tr("Change the settings"));
  back_->setText(tr("Back"));
  const Operation* operation = context_.activity.find(timeline_->operation());
  if (!operation) return;
  switch (operation->state) {
    case OperationState::kRunning:
      headline_->setText(tr("Your cluster is being made"));
      lead_->setText(
          demo_ ? tr("The demo begins as soon as it runs. You can go on working meanwhile.")
                : tr("You can go on working; a notification tells you when it is done."));
      break;
    case OperationState::kFailed:
      headline_->setText(tr("That did not work"));
      lead_->setText(tr("What was made so far is kept: trying again goes on from there."));
      break;
    case OperationState::kCancelled:
      headline_->setText(tr("Cancelled"));
      lead_->setText(tr("What was made so far is kept: starting it goes on from there."));
      break;
    case OperationState::kSucceeded:
      headline_->setText(done(operation->request));
      lead_->clear();
      break;
  }
  back_->setVisible(operation->state == OperationState::kCancelled);
}

void CreatePage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) refresh();
  QStackedWidget::changeEvent(event);
}

}  // namespace cove::ui
