// LogView: a bounded, searchable, following view of text lines.
#pragma once

#include <QPlainTextEdit>
#include <QStringList>
#include <QTimer>

#include "ui/theme/theme.h"

namespace cove::ui {

// GUI thread. Keeps the newest kCapacity lines and drops the oldest; scroll position and selection
// stay while it grows.
class LogView : public QPlainTextEdit {
  Q_OBJECT
 public:
  static constexpr int kCapacity = 20'000;

  LogView(const Theme& theme, QWidget* parent);
  void append_lines(const QStringList& lines);
  // A line of ours between the file's: "the log was started anew".
  void append_remark(const QString& text);
  void set_following(bool following);
  bool following() const { return following_; }

  // Marks what is on screen; an empty text ends the search.
  void search(const QString& text);
  // The next or previous hit from the cursor on, around the end; false when there is none.
  bool find_next(bool backwards);

 Q_SIGNALS:
  // The user scrolled away from the end, or back to it.
  void following_changed(bool following);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void apply_theme();
  void to_end();
  void user_scrolled();
  void mark_visible();

  const Theme& theme_;
  bool following_ = true;
  QString needle_;
  QTimer mark_later_;
};

}  // namespace cove::ui
