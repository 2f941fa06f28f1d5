// ToolDock: logs and terminals at the bottom of the window that stay open while pages come and go.
#pragma once

#include <QFrame>
#include <QStackedWidget>
#include <QTabBar>
#include <vector>

#include "ui/theme/theme.h"
#include "ui/widgets/banner.h"

namespace cove::ui {

// GUI thread. Hidden while it is empty. At most kMaxTools are open: one more is refused with a
// sentence that stands in the dock until a tool is closed.
class ToolDock : public QFrame {
  Q_OBJECT
 public:
  static constexpr int kMaxTools = 12;

  ToolDock(const Theme& theme, QWidget* parent);

  // Shows `tool` in a tab of its own and gives it the focus; the dock owns it and destroys it when
  // its tab is closed. Where `key` is open already that one comes forward and `tool` is destroyed,
  // as it is when the dock is full.
  void open(const QString& key, const QString& title, const QString& icon, QWidget* tool);
  // Brings what is open under that key forward; false: nothing is, so make it and open() it.
  bool show_tool(const QString& key);
  // Whether one more can be opened; when not, the dock says so.
  bool has_room();
  void set_title(const QString& key, const QString& title);
  void close_tool(const QString& key);
  int count() const { return static_cast<int>(open_.size()); }
  bool folded() const { return folded_; }
  void set_folded(bool folded);
  // Takes more than the strip of its tabs.
  bool unfolded() const { return count() > 0 && !folded_; }

 Q_SIGNALS:
  // It appeared or unfolded.
  void came_forward();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct Tool {
    QString key;
    QString title;
    QWidget* widget;
  };

  int index_of(const QString& key) const;
  void close_at(int index);
  void refresh();
  void show_full();

  const Theme& theme_;
  std::vector<Tool> open_;  // in the tabs' order
  bool folded_ = false;
  QTabBar* tabs_;
  QToolButton* fold_;
  Banner* full_;
  QStackedWidget* tools_;
};

}  // namespace cove::ui
