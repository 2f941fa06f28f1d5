#include <QCoreApplication>
#include <QEvent>
#include <QVBoxLayout>

#include "ui/views/operation_list.h"
#include "ui/views/pages.h"

namespace cove::ui {
namespace {

class ActivityPage : public QWidget {
  Q_DECLARE_TR_FUNCTIONS(ActivityPage)
 public:
  ActivityPage(const PageContext& context, QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 20, 24, 16);
    column->setSpacing(16);
    auto* head = new QHBoxLayout;
    title_ = make_label("title", this);
    clear_ = make_button("default", this);
    clear_->setObjectName(QStringLiteral("clear_activity"));
    head->addWidget(title_, 1);
    head->addWidget(clear_);
    column->addLayout(head);
    column->addWidget(new OperationList(context.theme, context.activity, this), 1);
    ActivityModel& model = context.activity;
    connect(clear_, &QPushButton::clicked, this, [&model] { model.clear_finished(); });
    const auto refresh = [this, &model] { clear_->setEnabled(model.rowCount() > model.running()); };
    connect(&model, &QAbstractItemModel::rowsInserted, this, refresh);
    connect(&model, &QAbstractItemModel::rowsRemoved, this, refresh);
    connect(&model, &QAbstractItemModel::dataChanged, this, refresh);
    refresh();
    retranslate();
  }

 protected:
  void changeEvent(QEvent* event) override {
    if (event->type() == QEvent::LanguageChange) retranslate();
    QWidget::changeEvent(event);
  }

 private:
  void retranslate() {
    title_->setText(tr("Activity"));
    clear_->setText(tr("Clear finished"));
  }
  QLabel* title_;
  QPushButton* clear_;
};

}  // namespace

QWidget* make_activity_page(const PageContext& context, QWidget* parent) {
  return new ActivityPage(context, parent);
}

}  // namespace cove::ui
