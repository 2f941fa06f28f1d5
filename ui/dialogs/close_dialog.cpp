#include "ui/dialogs/close_dialog.h"

#include <QCoreApplication>

#include "ui/dialogs/question_dialog.h"

namespace cove::ui {
namespace {
struct CloseDialog {
  Q_DECLARE_TR_FUNCTIONS(CloseDialog)
};
}  // namespace

QDialog* tell_cluster_keeps_running(const Theme& theme, const QString& profile, bool in_tray,
                                    CloseAnswers answers, QWidget* parent) {
  const QString where =
      in_tray ? CloseDialog::tr("Cove stays in the tray, where you can open or quit it.")
              : CloseDialog::tr("Start Cove again at any time to see it.");
  auto* dialog = new QuestionDialog(
      theme, QStringLiteral("info"), Tone::kAccent,
      CloseDialog::tr("%1 keeps running").arg(profile),
      CloseDialog::tr("Closing the window does not stop the cluster: it goes on working and "
                      "answers as before. %1 You are told this once.")
          .arg(where),
      parent);
  dialog->setObjectName(QStringLiteral("close_dialog"));
  dialog->add_answer("default", CloseDialog::tr("Back"), QStringLiteral("close_back"), {});
  dialog->add_answer("default", CloseDialog::tr("Stop the cluster first"),
                     QStringLiteral("close_stop"), std::move(answers.stop));
  dialog->add_answer("primary", CloseDialog::tr("Keep it running"), QStringLiteral("close_keep"),
                     std::move(answers.close));
  dialog->open();
  return dialog;
}

QDialog* ask_close_during_operation(const Theme& theme, const QString& doing,
                                    std::function<void()> close, QWidget* parent) {
  auto* dialog = new QuestionDialog(
      theme, QStringLiteral("clock"), Tone::kBusy, CloseDialog::tr("Cove is still at work"),
      CloseDialog::tr("%1 Quitting now interrupts it. Nothing breaks: the next start goes on from "
                      "where it stopped.")
          .arg(doing),
      parent);
  dialog->setObjectName(QStringLiteral("quit_dialog"));
  dialog->add_answer("primary", CloseDialog::tr("Wait"), QStringLiteral("quit_wait"), {});
  dialog->add_answer("default", CloseDialog::tr("Interrupt and quit"),
                     QStringLiteral("quit_anyway"), std::move(close));
  dialog->open();
  return dialog;
}

}  // namespace cove::ui
