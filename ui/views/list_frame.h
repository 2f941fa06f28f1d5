// ListFrame: what every page of a list looks like: title, count and search; what is wrong with the
// connection and what was refused; the table, or why it is empty; and the chosen row's details.
#pragma once

#include <QLineEdit>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>

#include "ui/views/pages.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/basics.h"
#include "ui/widgets/fact_list.h"

namespace cove::ui {

// GUI thread. Whoever derives from it calls show_table() in its constructor, and begin() when the
// last of its parts is made.
class ListFrame : public QWidget {
  Q_OBJECT
 protected:
  // `id` begins the object names of its widgets: "pods_table".
  ListFrame(const PageContext& context, const QString& id, std::function<QString()> title,
            QWidget* parent);

  // The table is the frame's from now on.
  void show_table(QTableView* table, int sort_column, Qt::SortOrder order);
  void begin() { retranslate(); }

  // Typed into the search.
  virtual void search_for(const QString& words) = 0;
  // The table's selection is another.
  virtual void choose_row() = 0;
  // Another tab of the details is looked at.
  virtual void tab_shown() = 0;
  // After the frame's own texts.
  virtual void retranslate_list() = 0;

  const PageContext& context() const { return context_; }
  // Between the title and the search.
  QHBoxLayout* toolbar() { return toolbar_; }
  // Above the tabs of the details; more rows stand below the first.
  QHBoxLayout* actions() { return actions_; }
  QHBoxLayout* add_action_row();
  QTabWidget* tabs() { return tabs_; }
  // The first tab, above the facts.
  QVBoxLayout* summary() { return summary_; }
  QWidget* summary_content() { return summary_->parentWidget(); }
  // Below the list and the details.
  QVBoxLayout* body() { return column_; }

  QTableView* table() { return table_; }
  QFrame* details() { return details_; }
  Banner* health() { return health_; }
  // Row of the table that is chosen; -1: none is.
  int chosen_row() const;
  void clear_search() { search_->clear(); }
  void set_name(const QString& name) { set_text(name_, name); }
  void set_facts(const std::vector<Fact>& facts) { facts_->set_facts(facts); }

  // Tells why something was refused; `failed` says what.
  void show_refusal(const QString& failed, const QString& why);
  void hide_refusal() { refusal_->hide(); }

  struct Rows {
    int shown = 0;
    int known = 0;
    bool running = false;  // the cluster
    bool synced = false;   // what is known is all there is
    QString unmatched;     // what to do when the search hides all of them
    QString explanation;   // what the thing is, where there is none
  };
  // The count above the table, and the reason when it is empty. After the health.
  void show_rows(const Rows& rows);
  void show_nothing(const QString& title, const QString& text);

  void changeEvent(QEvent* event) override;

 private:
  QWidget* make_list();
  QWidget* make_details();
  QWidget* make_summary();
  void retranslate();

  const PageContext context_;
  const QString id_;
  const std::function<QString()> title_of_;
  QVBoxLayout* column_;
  QHBoxLayout* toolbar_;
  QVBoxLayout* action_rows_;
  QHBoxLayout* actions_;
  QVBoxLayout* summary_;

  QLabel* title_;
  QLabel* count_;
  QLineEdit* search_;
  Banner* health_;
  Banner* refusal_;
  QStackedWidget* middle_;
  QTableView* table_ = nullptr;
  QLabel* empty_title_;
  QLabel* empty_text_;
  QFrame* details_;
  ElidedLabel* name_;
  QToolButton* close_;
  QTabWidget* tabs_;
  QWidget* summary_tab_;
  FactList* facts_;
};

}  // namespace cove::ui
