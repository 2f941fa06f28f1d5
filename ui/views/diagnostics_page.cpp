// What may keep a cluster from running or from being reached, with what to do about it.
#include <QEvent>
#include <QFileDialog>
#include <QHeaderView>
#include <QSaveFile>
#include <QThreadPool>
#include <QVBoxLayout>

#include "ui/models/diagnosis_model.h"
#include "ui/views/pages.h"
#include "ui/views/state_table.h"
#include "ui/widgets/basics.h"

namespace cove::ui {

class DiagnosticsPage final : public QWidget {
  Q_OBJECT
 public:
  DiagnosticsPage(const PageContext& context, QWidget* parent);
  ~DiagnosticsPage() override {
    stop_.request_stop();
    pool_.waitForDone();
  }

 protected:
  void changeEvent(QEvent* event) override {
    if (event->type() == QEvent::LanguageChange) retranslate();
    QWidget::changeEvent(event);
  }
  void showEvent(QShowEvent* event) override {
    QWidget::showEvent(event);
    if (model_->rowCount() == 0) begin();
  }

 private:
  void begin();
  void run(provision::DiagnosisInput input);
  void save();
  void write_report(const QString& path);
  void refresh();
  void retranslate();

  const PageContext context_;
  DiagnosisModel* model_;
  QThreadPool pool_;
  std::stop_source stop_;
  std::optional<vm::NetworkMode> asking_;  // for what the computer can give
  bool running_ = false;
  provision::DiagnosisInput input_;
  QString saved_;  // what became of the report

  QLabel* title_;
  QLabel* intro_;
  QLabel* summary_;
  QTableView* table_;
  QPushButton* again_;
  QPushButton* save_;
};

DiagnosticsPage::DiagnosticsPage(const PageContext& context, QWidget* parent)
    : QWidget(parent), context_(context), model_(new DiagnosisModel(this)) {
  pool_.setMaxThreadCount(1);
  const PageHead head = make_page_head(this);
  title_ = head.title;
  save_ = make_button("default", this);
  save_->setObjectName(QStringLiteral("diagnostics_save"));
  save_->setIcon(context_.theme.icon(QStringLiteral("save")));
  again_ = make_button("default", this);
  again_->setObjectName(QStringLiteral("diagnostics_again"));
  again_->setIcon(context_.theme.icon(QStringLiteral("refresh")));
  head.row->addStretch(1);
  head.row->addWidget(save_);
  head.row->addWidget(again_);
  intro_ = make_label("secondary", this);
  intro_->setWordWrap(true);
  head.column->addWidget(intro_);
  table_ = make_state_table(context_.theme, *model_, this);
  table_->setObjectName(QStringLiteral("diagnostics_table"));
  table_->setWordWrap(true);
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  for (std::size_t i = 0; i < model_->columns().size(); ++i)
    table_->horizontalHeader()->resizeSection(static_cast<int>(i), model_->columns()[i].width);
  head.column->addWidget(make_list_card(table_, this), 1);
  summary_ = make_label("strong", this);
  summary_->setObjectName(QStringLiteral("diagnostics_summary"));
  head.column->addWidget(summary_);
  connect(again_, &QPushButton::clicked, this, &DiagnosticsPage::begin);
  connect(save_, &QPushButton::clicked, this, &DiagnosticsPage::save);
  connect(&context_.bridge, &ClusterBridge::host_known, this,
          [this](vm::NetworkMode network, const provision::HostFacts& facts) {
            if (asking_ != network) return;
            asking_.reset();
            provision::DiagnosisInput input;
            input.host = facts;
            run(std::move(input));
          });
  connect(&context_.bridge, &ClusterBridge::host_failed, this,
          [this](vm::NetworkMode network, const Error& error) {
            if (asking_ != network) return;
            asking_.reset();
            provision::DiagnosisInput input;
            input.host_error = error;
            run(std::move(input));
          });
  retranslate();
}

void DiagnosticsPage::begin() {
  if (asking_ || running_) return;
  saved_.clear();
  model_->begin();
  const auto* status = context_.current.status();
  asking_ = status ? status->wish.network : vm::NetworkMode::kUser;
  context_.bridge.request_host(*asking_);
  refresh();
}

void DiagnosticsPage::run(provision::DiagnosisInput input) {
  if (const auto* status = context_.current.status()) input.cluster = *status;
  input.environment = provision::process_environment();
  input_ = input;
  running_ = true;
  refresh();
  pool_.start([this, input = std::move(input), stop = stop_.get_token(), clock = &context_.clock] {
    provision::diagnose(
        input, *clock,
        [this](const provision::Finding& finding) {
          QMetaObject::invokeMethod(
              this,
              [this, finding] {
                model_->take(finding);
                refresh();
              },
              Qt::QueuedConnection);
        },
        stop);
    QMetaObject::invokeMethod(
        this,
        [this] {
          running_ = false;
          refresh();
        },
        Qt::QueuedConnection);
  });
}

void DiagnosticsPage::save() {
  auto* dialog = new QFileDialog(this);
  dialog->setObjectName(QStringLiteral("diagnostics_file"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->selectFile(QStringLiteral("cove-report.txt"));
  connect(dialog, &QFileDialog::fileSelected, this, &DiagnosticsPage::write_report);
  dialog->open();
}

void DiagnosticsPage::write_report(const QString& path) {
  const std::string report =
      provision::diagnosis_report(input_, model_->findings(), context_.clock.wall());
  pool_.start([this, path, report] {
    QSaveFile file(path);
    const bool written = file.open(QIODevice::WriteOnly) &&
                         file.write(report.data(), static_cast<qint64>(report.size())) >= 0 &&
                         file.commit();
    const QString problem = written ? QString() : file.errorString();
    QMetaObject::invokeMethod(
        this,
        [this, path, problem] {
          saved_ = problem.isEmpty() ? tr("Saved as %1").arg(path)
                                     : tr("The report could not be saved: %1").arg(problem);
          refresh();
        },
        Qt::QueuedConnection);
  });
}

void DiagnosticsPage::refresh() {
  const bool busy = asking_.has_value() || running_;
  again_->setEnabled(!busy);
  save_->setEnabled(!busy && model_->rowCount() > 0);
  const int bad = model_->count(provision::Health::kBad);
  const int warnings = model_->count(provision::Health::kWarning);
  set_text(summary_, busy ? tr("Checking… %1 of %2").arg(model_->made()).arg(model_->total())
                     : !saved_.isEmpty() ? saved_
                     : bad + warnings == 0
                         ? tr("Nothing is wrong")
                         : tr("Problems: %1, warnings: %2").arg(bad).arg(warnings));
}

void DiagnosticsPage::retranslate() {
  title_->setText(tr("Diagnostics"));
  intro_->setText(
      tr("What a cluster needs of this computer and its network. The report has no secrets."));
  again_->setText(tr("Check again"));
  save_->setText(tr("Save report…"));
  table_->setAccessibleName(tr("Diagnostics"));
  model_->retranslate();
  refresh();
}

QWidget* make_diagnostics_page(const PageContext& context, QWidget* parent) {
  return new DiagnosticsPage(context, parent);
}

}  // namespace cove::ui
#include "diagnostics_page.moc"
