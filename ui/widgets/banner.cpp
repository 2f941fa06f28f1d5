#include "ui/widgets/banner.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace cove::ui {

Banner::Banner(const Theme& theme, QWidget* parent)
    : QFrame(parent),
      theme_(theme),
      icon_(new QLabel(this)),
      title_(make_label("strong", this)),
      text_(make_label("secondary", this)),
      action_(make_button("default", this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(16, 12, 12, 12);
  row->setSpacing(12);
  auto* texts = new QVBoxLayout;
  texts->setSpacing(2);
  texts->addWidget(title_);
  texts->addWidget(text_);
  title_->setWordWrap(true);
  text_->setWordWrap(true);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  icon_->setFixedSize(20, 20);
  row->addWidget(icon_, 0, Qt::AlignTop);
  row->addLayout(texts, 1);
  row->addWidget(action_, 0, Qt::AlignVCenter);
  action_->hide();
  connect(action_, &QPushButton::clicked, this, &Banner::activated);
  connect(&theme, &Theme::changed, this, &Banner::refresh);
}

void Banner::show_message(Tone tone, const QString& icon, const QString& title,
                          const QString& text) {
  tone_ = tone;
  icon_name_ = icon;
  set_text(title_, title);
  title_->setVisible(!title.isEmpty());
  set_text(text_, text);
  text_->setVisible(!text.isEmpty());
  setAccessibleName(title);
  setAccessibleDescription(text);
  const char* look = tone == Tone::kBad      ? "banner-bad"
                     : tone == Tone::kBusy   ? "banner-busy"
                     : tone == Tone::kAccent ? "banner-accent"
                                             : "banner-neutral";
  set_look(this, look);
  set_look(action_, tone == Tone::kBad ? "primary" : "default");
  refresh();
  setVisible(true);
}

void Banner::set_action(const QString& text) {
  action_->setText(text);
  action_->setVisible(!text.isEmpty());
}

void Banner::refresh() {
  icon_->setPixmap(
      theme_.pixmap(icon_name_, theme_.palette().tone(tone_).text, 20, devicePixelRatioF()));
}

}  // namespace cove::ui
