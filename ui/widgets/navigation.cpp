#include "ui/widgets/navigation.h"

#include <QFocusEvent>
#include <QPainter>
#include <QStyledItemDelegate>

#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

constexpr int kRowHeight = 31;

class RowPainter final : public QStyledItemDelegate {
 public:
  RowPainter(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}

  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
    return {120, kRowHeight};
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override {
    const Palette& p = theme_.palette();
    const bool chosen = option.state.testFlag(QStyle::State_Selected);
    const bool hovered = option.state.testFlag(QStyle::State_MouseOver);
    const QRectF row = QRectF(option.rect).adjusted(1, 1, -1, -1);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (chosen || hovered) {
      painter->setPen(Qt::NoPen);
      painter->setBrush(chosen ? p.selection : p.surface_raised);
      painter->drawRoundedRect(row, 8, 8);
    }
    const auto* list = qobject_cast<const Navigation*>(option.widget);
    if (list && list->shows_focus() && chosen) {
      painter->setPen(QPen(p.accent, 2));
      painter->setBrush(Qt::NoBrush);
      painter->drawRoundedRect(row.adjusted(1, 1, -1, -1), 7, 7);
    }
    const QColor ink = chosen ? p.text : p.text_secondary;
    const double middle = row.center().y();
    painter->drawPixmap(
        QPointF(row.left() + 10, middle - 9),
        theme_.pixmap(index.data(Navigation::kIcon).toString(), chosen ? p.accented.text : ink, 18,
                      painter->device()->devicePixelRatioF()));
    painter->setFont(theme_.font(chosen ? TextRole::kStrong : TextRole::kBody));
    painter->setPen(ink);
    const bool badged = !index.data(Navigation::kBadge).toString().isEmpty();
    const QRectF words = row.adjusted(38, 0, badged ? -40 : -8, 0);
    painter->drawText(
        words, Qt::AlignVCenter | Qt::TextSingleLine,
        painter->fontMetrics().elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight,
                                          static_cast<int>(words.width())));
    paint_badge(*painter, row, index);
    painter->restore();
  }

 private:
  void paint_badge(QPainter& painter, const QRectF& row, const QModelIndex& index) const {
    const QString text = index.data(Navigation::kBadge).toString();
    if (text.isEmpty()) return;
    const Palette& p = theme_.palette();
    const auto tone = static_cast<Tone>(index.data(Navigation::kTone).toInt());
    const bool bad = tone == Tone::kBad;
    painter.setFont(theme_.font(TextRole::kSmall));
    const double width = std::max(20.0, painter.fontMetrics().horizontalAdvance(text) + 12.0);
    const QRectF pill(row.right() - width - 8, row.center().y() - 10, width, 20);
    painter.setPen(Qt::NoPen);
    painter.setBrush(bad ? p.danger : p.tone(tone).soft);
    painter.drawRoundedRect(pill, 10, 10);
    painter.setPen(bad ? p.on_danger : p.tone(tone).text);
    painter.drawText(pill, Qt::AlignCenter, text);
  }

  const Theme& theme_;
};

}  // namespace

Navigation::Navigation(const Theme& theme, QWidget* parent) : QListWidget(parent) {
  setObjectName(QStringLiteral("navigation"));
  setItemDelegate(new RowPainter(theme, this));
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  setSpacing(1);
  setMouseTracking(true);
  connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void Navigation::add_page(const QString& icon, const QString& title) {
  auto* item = new QListWidgetItem(title, this);
  item->setData(kIcon, icon);
}

void Navigation::focusInEvent(QFocusEvent* event) {
  by_keyboard_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
  QListWidget::focusInEvent(event);
}

void Navigation::keyPressEvent(QKeyEvent* event) {
  by_keyboard_ = true;
  QListWidget::keyPressEvent(event);
  viewport()->update();
}

void Navigation::mousePressEvent(QMouseEvent* event) {
  by_keyboard_ = false;
  QListWidget::mousePressEvent(event);
}

void Navigation::set_title(int row, const QString& title) {
  item(row)->setText(title);
}

void Navigation::set_badge(int row, const QString& text, Tone tone) {
  item(row)->setData(kBadge, text);
  item(row)->setData(kTone, static_cast<int>(tone));
  item(row)->setData(Qt::AccessibleDescriptionRole, text);
}

QString Navigation::badge(int row) const {
  return item(row)->data(kBadge).toString();
}

}  // namespace cove::ui
