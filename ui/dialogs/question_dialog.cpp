#include "ui/dialogs/question_dialog.h"

#include <QLabel>

#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

constexpr int kWidth = 520;

class Scrim final : public QWidget {
 public:
  explicit Scrim(QWidget* window) : QWidget(window) {
    setGeometry(window->rect());
    show();
    raise();
  }

 protected:
  void paintEvent(QPaintEvent*) override { QPainter(this).fillRect(rect(), QColor(0, 0, 0, 96)); }
};

// The icon on a soft disc of its tone.
QPixmap emblem(const Theme& theme, const QString& icon, Tone tone, qreal ratio) {
  QPixmap pixmap(QSize(44, 44) * ratio);
  pixmap.setDevicePixelRatio(ratio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  const ToneColors& colors = theme.palette().tone(tone);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colors.soft);
  painter.drawEllipse(0, 0, 44, 44);
  painter.drawPixmap(QPointF(11, 11), theme.pixmap(icon, colors.text, 22, ratio));
  return pixmap;
}

}  // namespace

QuestionDialog::QuestionDialog(const Theme& theme, const QString& icon, Tone tone,
                               const QString& title, const QString& text, QWidget* parent)
    : QDialog(parent), content_(new QVBoxLayout), answers_(new QHBoxLayout) {
  setWindowTitle(title);
  setAccessibleName(title);
  setAccessibleDescription(text);
  setFixedWidth(kWidth);
  setAttribute(Qt::WA_DeleteOnClose);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(24, 24, 24, 20);
  row->setSpacing(16);
  auto* picture = new QLabel(this);
  picture->setPixmap(emblem(theme, icon, tone, devicePixelRatioF()));
  row->addWidget(picture, 0, Qt::AlignTop);
  auto* column = new QVBoxLayout;
  column->setSpacing(kGrid);
  QLabel* headline = make_label("title", this);
  headline->setText(title);
  headline->setWordWrap(true);
  QLabel* body = make_label("secondary", this);
  body->setText(text);
  body->setWordWrap(true);
  column->addWidget(headline);
  column->addWidget(body);
  content_->setSpacing(6);
  column->addLayout(content_);
  column->addSpacing(12);
  answers_->setSpacing(kGrid);
  answers_->addStretch();
  column->addLayout(answers_);
  row->addLayout(column, 1);
}

void QuestionDialog::showEvent(QShowEvent* event) {
  setFixedHeight(layout()->totalHeightForWidth(kWidth));
  if (parentWidget() && !scrim_) scrim_ = new Scrim(parentWidget()->window());
  QDialog::showEvent(event);
}

void QuestionDialog::hideEvent(QHideEvent* event) {
  if (scrim_) scrim_->deleteLater();
  QDialog::hideEvent(event);
}

QPushButton* QuestionDialog::add_answer(const char* look, const QString& text,
                                        const QString& object_name, std::function<void()> chosen) {
  QPushButton* button = make_button(look, this);
  button->setText(text);
  button->setObjectName(object_name);
  const bool first = answers_->count() == 1;
  answers_->addWidget(button);
  if (first) button->setFocus();
  connect(button, &QPushButton::clicked, this, [this, chosen = std::move(chosen)] {
    accept();
    if (chosen) chosen();
  });
  return button;
}

}  // namespace cove::ui
