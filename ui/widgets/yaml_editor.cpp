#include "ui/widgets/yaml_editor.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QRegularExpression>
#include <QScrollBar>
#include <QTextBlock>
#include <QToolTip>
#include <algorithm>

#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

constexpr int kIndent = 2;
constexpr int kMaxOffers = 200;
constexpr int kHoldsMore = Qt::UserRole + 1;

}  // namespace

class YamlEditor::Numbers : public QWidget {
 public:
  explicit Numbers(YamlEditor* editor) : QWidget(editor), editor_(editor) {}

 protected:
  void paintEvent(QPaintEvent* event) override { editor_->paint_numbers(event); }

 private:
  YamlEditor* editor_;
};

// By line: what spans lines (texts behind "|") is coloured as plain lines.
class YamlEditor::Colors : public QSyntaxHighlighter {
 public:
  Colors(const Theme& theme, QTextDocument* document)
      : QSyntaxHighlighter(document), theme_(theme) {}

 protected:
  void highlightBlock(const QString& line) override {
    static const QRegularExpression name(
        QStringLiteral("^\\s*(?:- )*(\"?[^\\s\"'#:]+\"?):(?=\\s|$)"));
    static const QRegularExpression quoted(QStringLiteral("\"(?:[^\"\\\\]|\\\\.)*\"|'[^']*'"));
    static const QRegularExpression word(
        QStringLiteral("(?<=[:\\-\\[,] )(?:true|false|null|~|-?\\d[\\d._]*)(?=\\s*(?:$|,|\\]|#))"));
    static const QRegularExpression remark(QStringLiteral("(?:^|\\s)#.*$"));
    const Palette& palette = theme_.palette();
    const auto paint = [&](const QRegularExpression& what, const QColor& color, int group) {
      auto matches = what.globalMatch(line);
      while (matches.hasNext()) {
        const auto match = matches.next();
        setFormat(static_cast<int>(match.capturedStart(group)),
                  static_cast<int>(match.capturedLength(group)), color);
      }
    };
    paint(word, palette.tone(Tone::kBusy).text, 0);
    paint(quoted, palette.tone(Tone::kGood).text, 0);
    paint(name, palette.tone(Tone::kAccent).text, 1);
    paint(remark, palette.tone(Tone::kNeutral).text, 0);
  }

 private:
  const Theme& theme_;
};

YamlEditor::YamlEditor(const Theme& theme, QWidget* parent)
    : QPlainTextEdit(parent),
      theme_(theme),
      numbers_(new Numbers(this)),
      colors_(new Colors(theme, document())),
      completer_(new QCompleter(this)),
      offered_(new QStandardItemModel(this)) {
  setFont(theme.font(TextRole::kMono));
  setLineWrapMode(NoWrap);
  set_look(this, "log");
  completer_->setModel(offered_);
  completer_->setWidget(this);
  completer_->setCompletionMode(QCompleter::PopupCompletion);
  completer_->setCaseSensitivity(Qt::CaseInsensitive);
  completer_->popup()->setFont(theme.font(TextRole::kMono));
  connect(completer_, qOverload<const QString&>(&QCompleter::activated), this,
          &YamlEditor::complete);
  // The documentation of the field that is chosen in the popup.
  connect(completer_, qOverload<const QModelIndex&>(&QCompleter::highlighted), this,
          [this](const QModelIndex& index) {
            const QWidget* popup = completer_->popup();
            QToolTip::showText(popup->mapToGlobal(QPoint(0, popup->height() + 2)),
                               index.data(Qt::ToolTipRole).toString(), this);
          });
  connect(this, &QPlainTextEdit::blockCountChanged, this,
          [this] { setViewportMargins(numbers_width(), 0, 0, 0); });
  connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect& rect, int moved) {
    if (moved != 0) {
      numbers_->scroll(0, moved);
    } else {
      numbers_->update(0, rect.y(), numbers_->width(), rect.height());
    }
  });
  connect(&theme, &Theme::changed, this, [this] {
    colors_->rehighlight();
    refresh_marks();
  });
  setViewportMargins(numbers_width(), 0, 0, 0);
}

int YamlEditor::numbers_width() const {
  int digits = 2;
  for (int max = blockCount(); max >= 100; max /= 10) ++digits;
  return 14 + fontMetrics().horizontalAdvance(QLatin1Char('9')) * digits;
}

void YamlEditor::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  const QRect inside = contentsRect();
  numbers_->setGeometry(QRect(inside.left(), inside.top(), numbers_width(), inside.height()));
}

void YamlEditor::paint_numbers(QPaintEvent* event) {
  QPainter painter(numbers_);
  painter.setFont(font());
  const Palette& palette = theme_.palette();
  QTextBlock block = firstVisibleBlock();
  const int offset = viewport()->y() - numbers_->y();
  double top = blockBoundingGeometry(block).translated(contentOffset()).top() + offset;
  while (block.isValid() && top <= event->rect().bottom()) {
    const double height = blockBoundingRect(block).height();
    const int line = block.blockNumber() + 1;
    painter.setPen(line == error_line_ ? palette.tone(Tone::kBad).text
                                       : palette.tone(Tone::kNeutral).text);
    painter.drawText(QRectF(0, top, numbers_->width() - 6, height), Qt::AlignRight | Qt::AlignTop,
                     QString::number(line));
    top += height;
    block = block.next();
  }
}

void YamlEditor::mark_error(int line, const QString& text) {
  error_line_ = std::clamp(line, 0, blockCount());
  error_text_ = text;
  refresh_marks();
  if (line <= 0) return;
  QTextCursor cursor(document()->findBlockByNumber(error_line_ - 1));
  setTextCursor(cursor);
  centerCursor();
}

void YamlEditor::refresh_marks() {
  QList<QTextEdit::ExtraSelection> marks;
  if (error_line_ > 0) {
    QTextEdit::ExtraSelection mark;
    mark.cursor = QTextCursor(document()->findBlockByNumber(error_line_ - 1));
    mark.format.setBackground(theme_.palette().tone(Tone::kBad).soft);
    mark.format.setProperty(QTextFormat::FullWidthSelection, true);
    marks.append(mark);
  }
  setExtraSelections(marks);
  numbers_->update();
}

bool YamlEditor::find_next(const QString& words, bool backward) {
  if (words.isEmpty()) return false;
  const auto flags = backward ? QTextDocument::FindBackward : QTextDocument::FindFlags();
  if (find(words, flags)) return true;
  const QTextCursor before = textCursor();
  moveCursor(backward ? QTextCursor::End : QTextCursor::Start);
  if (find(words, flags)) return true;
  setTextCursor(before);
  return false;
}

bool YamlEditor::event(QEvent* event) {
  // Ctrl+F is the page's otherwise.
  if (event->type() == QEvent::ShortcutOverride &&
      static_cast<QKeyEvent*>(event)->matches(QKeySequence::Find)) {
    event->accept();
    return true;
  }
  if (event->type() == QEvent::ToolTip && error_line_ > 0) {
    auto* help = static_cast<QHelpEvent*>(event);
    const QTextCursor there = cursorForPosition(viewport()->mapFrom(this, help->pos()));
    if (there.blockNumber() + 1 == error_line_)
      QToolTip::showText(help->globalPos(), error_text_, this);
    return true;
  }
  return QPlainTextEdit::event(event);
}

void YamlEditor::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Find)) return Q_EMIT find_wanted();
  const bool popup = completer_->popup()->isVisible();
  // The popup's own keys.
  if (popup && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter ||
                event->key() == Qt::Key_Tab || event->key() == Qt::Key_Escape)) {
    return event->ignore();
  }
  if (isReadOnly()) return QPlainTextEdit::keyPressEvent(event);
  if (event->key() == Qt::Key_Space && event->modifiers() == Qt::ControlModifier)
    return offer(true);
  if (event->key() == Qt::Key_Tab && event->modifiers() == Qt::NoModifier) {
    insertPlainText(QString(kIndent - textCursor().positionInBlock() % kIndent, QLatin1Char(' ')));
    return;
  }
  if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && new_line()) return;
  QPlainTextEdit::keyPressEvent(event);
  if (!event->text().isEmpty() && event->text().front().isPrint()) {
    offer(false);
  } else if (popup && event->key() == Qt::Key_Backspace) {
    offer(false);
  }
}

// As deep as the line before, and deeper below a name without a value.
bool YamlEditor::new_line() {
  const QTextCursor cursor = textCursor();
  const QString line = cursor.block().text().left(cursor.positionInBlock());
  qsizetype indent = 0;
  while (indent < line.size() && line[indent] == QLatin1Char(' ')) ++indent;
  if (line.trimmed().startsWith(QLatin1String("- "))) indent += kIndent;
  if (line.trimmed().endsWith(QLatin1Char(':'))) indent += kIndent;
  insertPlainText(QLatin1Char('\n') + QString(indent, QLatin1Char(' ')));
  return true;
}

QStringList YamlEditor::offers() const {
  QStringList names;
  for (int row = 0; row < offered_->rowCount(); ++row) names.append(offered_->item(row)->text());
  return names;
}

void YamlEditor::offer(bool asked) {
  offered_->clear();
  const auto place = yaml_place(toPlainText(), textCursor().position());
  if (!schema_ || !place || (!asked && place->typed.isEmpty())) return completer_->popup()->hide();
  if (place->in_value) {
    for (const QString& value : schema_.values(place->path + QStringList{place->name}))
      offered_->appendRow(new QStandardItem(value));
  } else {
    for (const SchemaField& field : schema_.fields(place->path)) {
      if (place->siblings.contains(field.name) || offered_->rowCount() >= kMaxOffers) continue;
      auto* item = new QStandardItem(field.name);
      item->setData(field.holds_more, kHoldsMore);
      item->setToolTip(QStringLiteral("<p><b>%1</b> %2%3</p><p>%4</p>")
                           .arg(field.name.toHtmlEscaped(), field.type.toHtmlEscaped(),
                                field.required ? QStringLiteral(" *") : QString(),
                                field.doc.toHtmlEscaped()));
      offered_->appendRow(item);
    }
  }
  completer_->setCompletionPrefix(place->typed);
  const bool whole =
      completer_->completionCount() == 1 && completer_->currentCompletion() == place->typed;
  if (completer_->completionCount() == 0 || whole) return completer_->popup()->hide();
  completer_->popup()->setCurrentIndex(completer_->completionModel()->index(0, 0));
  QRect where = cursorRect();
  where.translate(viewport()->x(), 0);
  where.setWidth(completer_->popup()->sizeHintForColumn(0) + 40);
  completer_->complete(where);
}

void YamlEditor::complete(const QString& chosen) {
  const auto place = yaml_place(toPlainText(), textCursor().position());
  if (!place) return;
  const auto found = offered_->findItems(chosen);
  const bool more = !found.isEmpty() && found.front()->data(kHoldsMore).toBool();
  QTextCursor cursor = textCursor();
  cursor.movePosition(QTextCursor::Left, QTextCursor::KeepAnchor,
                      static_cast<int>(place->typed.size()));
  cursor.insertText(place->in_value ? chosen
                                    : chosen + (more ? QStringLiteral(":") : QStringLiteral(": ")));
  setTextCursor(cursor);
}

}  // namespace cove::ui
