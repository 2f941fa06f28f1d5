// YamlEditor: YAML with line numbers, colours, marks at lines with errors, and completion.
#pragma once

#include <QCompleter>
#include <QPlainTextEdit>
#include <QStandardItemModel>
#include <QSyntaxHighlighter>

#include "ui/models/yaml_schema.h"
#include "ui/theme/theme.h"

namespace cove::ui {

// GUI thread. Tab indents by two spaces while it may be written; Ctrl+Space completes.
class YamlEditor : public QPlainTextEdit {
  Q_OBJECT
 public:
  YamlEditor(const Theme& theme, QWidget* parent);

  void set_schema(const YamlSchema& schema) { schema_ = schema; }
  // Marks a line (from 1; 0: none) and goes to it; `text` is its tool tip.
  void mark_error(int line, const QString& text);
  int error_line() const { return error_line_; }
  // Next place where the words stand, round the end; false: nowhere.
  bool find_next(const QString& words, bool backward = false);
  // What completion offers at the cursor; for tests and for the popup.
  QStringList offers() const;

 Q_SIGNALS:
  void find_wanted();

 protected:
  bool event(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  class Numbers;
  class Colors;
  int numbers_width() const;
  void paint_numbers(QPaintEvent* event);
  void refresh_marks();
  void offer(bool asked);
  void complete(const QString& chosen);
  bool new_line();

  const Theme& theme_;
  YamlSchema schema_;
  Numbers* numbers_;
  Colors* colors_;
  QCompleter* completer_;
  QStandardItemModel* offered_;
  int error_line_ = 0;
  QString error_text_;
};

}  // namespace cove::ui
