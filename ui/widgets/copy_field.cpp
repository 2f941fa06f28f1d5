#include "ui/widgets/copy_field.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>

namespace cove::ui {

CopyField::CopyField(const Theme& theme, const QString& object_name, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      value_(new ElidedLabel(this)),
      copy_(make_icon_button(theme, QStringLiteral("copy"), this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(4);
  value_->setFont(theme.font(TextRole::kMono));
  value_->setTextFormat(Qt::PlainText);
  row->addWidget(value_, 1);
  row->addWidget(copy_);
  copy_->setObjectName(object_name);
  back_.setSingleShot(true);
  back_.setInterval(1500);
  connect(&back_, &QTimer::timeout, this, [this] {
    copy_->setIcon(theme_.icon(QStringLiteral("copy"), Theme::IconRole::kSecondary));
  });
  connect(copy_, &QToolButton::clicked, this, &CopyField::copy);
}

void CopyField::set_value(const QString& what, const QString& value) {
  set_text(value_, value.isEmpty() ? QStringLiteral("–") : value);
  copy_->setVisible(!value.isEmpty());
  name_control(copy_, what);
  setAccessibleName(value);
}

void CopyField::copy() {
  QGuiApplication::clipboard()->setText(value_->text());
  copy_->setIcon(theme_.icon(QStringLiteral("check"), Theme::IconRole::kAccent));
  back_.start();
}

}  // namespace cove::ui
