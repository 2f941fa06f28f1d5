// LogPanel: the logs of one pod or workload with everything that one does with them. As a tab of a
// page, or as a tool that stays open.
#pragma once

#include <QComboBox>
#include <QLineEdit>
#include <QSaveFile>
#include <QTabWidget>

#include "ui/models/pod_logs.h"
#include "ui/views/log_canvas.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"

namespace cove::ui {

class ObjectPage;

// GUI thread. Reads while it lives.
class LogPanel : public QWidget {
  Q_OBJECT
 public:
  // `keep_open`: with a button that opens the same in the dock of tools.
  LogPanel(const PageContext& context, const LogTarget& target, bool keep_open, QWidget* parent,
           const LogLimits& limits = {});
  ~LogPanel() override;

  const LogTarget& target() const { return target_; }
  LogDocument& document() { return document_; }
  LogCanvas& canvas() { return *canvas_; }
  PodLogs& logs() { return *logs_; }
  // Writes what is shown, a slice at a time; one at once.
  void save_to(const QString& path);
  bool saving() const { return file_ != nullptr; }

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QLayout* make_first_row(bool keep_open);
  QLayout* make_search_row();
  void make_menu();
  void retranslate();
  void fill_choices();
  void refresh_containers();
  void show_chosen_sources();
  void show_names();
  QString short_name(std::uint16_t source) const;
  void read_again();
  void search();
  void step(bool backwards);
  void refresh_count();
  void refresh_notice();
  void refresh_dropped();
  void keep_open();
  void ask_where_to_save();
  void save_on();
  void end_saving(const QString& trouble);

  const PageContext context_;
  const LogTarget target_;
  LogDocument document_;
  PodLogs* logs_;
  LogCanvas* canvas_;
  QComboBox* containers_;
  QComboBox* since_;
  QComboBox* level_;
  QToolButton* follow_;
  QToolButton* keep_ = nullptr;
  QToolButton* more_;
  QLineEdit* search_;
  QToolButton* pattern_;
  QLabel* count_;
  QToolButton* previous_hit_;
  QToolButton* next_hit_;
  Banner* notice_;
  Banner* told_;
  QLabel* dropped_;
  QMenu* menu_;
  QAction* wrap_;
  QAction* times_;
  QAction* names_;
  QAction* pretty_;
  QAction* before_;
  QAction* clear_;
  QAction* save_;
  QAction* copy_;
  std::unique_ptr<QSaveFile> file_;
  QTimer save_later_;
  std::optional<LogKey> saved_;  // the last line that was
};

// A tab "Logs" with the logs of what the page has chosen, read while the tab is looked at. For any
// page whose objects log_target_of() knows; `tabs` is the page's.
void add_log_tab(const PageContext& context, ObjectPage& page, QTabWidget& tabs, int index);

}  // namespace cove::ui
