// What somebody does with a cluster that runs, from a folder with a page to a pod that is replaced:
// by clicks, drops and keys alone, as the desktop shows it. The clusters differ, the way does not.
#pragma once

#include <QPushButton>
#include <QTableView>
#include <QUrl>

#include "ui/views/desktop.h"

namespace cove::ui::test {

class Journey {
 public:
  static constexpr int kPods = 10;

  // `folder`: its files are written there. `opened`: what the desktop's opener was given last,
  // which is asked for by HTTP for real.
  Journey(Desktop& desktop, Path folder, QUrl& opened)
      : desktop_(desktop), folder_(std::move(folder)), opened_(opened) {}
  // A QtTest function's body; ends at the first check that fails.
  void run();

 private:
  void builds_a_folder();
  void applies_what_is_dropped();
  void sees_the_pods_come_up();
  void opens_the_page();
  void rolls_out_another();
  void sees_the_history_and_goes_back();
  void reads_all_logs();
  void types_in_a_terminal();
  void deletes_a_pod();

  template <class Widget>
  Widget* find(const char* name) {
    return desktop_.window().findChild<Widget*>(QString::fromLatin1(name));
  }
  void go(const char* page);
  void click(const char* button);
  void type(const char* line, const QString& text);
  // Clicks the tab that has that widget.
  void show_tab(const char* tabs, const char* inside);
  // Clicks the row whose first column begins with that.
  void choose(const char* list, const QString& name);
  int row_of(const char* list, const QString& name);
  QString cell(const char* list, const QString& name, int column);
  QStringList ready_pods();
  void build(const char* tag, const char* words);
  // The operation begun last came to a good end.
  void succeeds();
  void answers(const char* words);

  Desktop& desktop_;
  const Path folder_;
  QUrl& opened_;
};

}  // namespace cove::ui::test
