#include "ui/dialogs/delete_dialog.h"

#include <QCoreApplication>

#include "ui/dialogs/question_dialog.h"
#include "ui/models/text.h"
#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

struct DeleteDialog {
  Q_DECLARE_TR_FUNCTIONS(DeleteDialog)
};

void add_loss(QuestionDialog& dialog, const Theme& theme, const QString& icon,
              const QString& text) {
  auto* row = new QHBoxLayout;
  row->setSpacing(10);
  auto* picture = new QLabel(&dialog);
  picture->setPixmap(
      theme.pixmap(icon, theme.palette().text_secondary, 18, dialog.devicePixelRatioF()));
  picture->setFixedWidth(18);
  QLabel* label = make_label("body", &dialog);
  label->setText(text);
  label->setWordWrap(true);
  row->addWidget(picture, 0, Qt::AlignTop);
  row->addWidget(label, 1);
  dialog.content()->addLayout(row);
}

}  // namespace

QDialog* ask_delete(const Theme& theme, const provision::ClusterStatus& status,
                    std::function<void()> confirmed, QWidget* parent) {
  const QString name = QString::fromStdString(status.profile);
  auto* dialog =
      new QuestionDialog(theme, QStringLiteral("trash"), Tone::kBad,
                         DeleteDialog::tr("Delete the cluster %1?").arg(name),
                         DeleteDialog::tr("This cannot be undone. What is lost:"), parent);
  dialog->setObjectName(QStringLiteral("delete_dialog"));
  dialog->content()->setContentsMargins(0, 6, 0, 0);
  add_loss(
      *dialog, theme, QStringLiteral("layers"),
      DeleteDialog::tr("Everything in the cluster: workloads, images, volumes and their data"));
  add_loss(*dialog, theme, QStringLiteral("disk"),
           DeleteDialog::tr("Its disk of up to %1")
               .arg(mebibytes(status.wish.resources.disk_gib * 1024)));
  add_loss(*dialog, theme, QStringLiteral("key"),
           status.context.empty() ? DeleteDialog::tr("Its certificates")
                                  : DeleteDialog::tr("Its certificates and the kubeconfig entry %1")
                                        .arg(QString::fromStdString(status.context)));
  dialog->add_answer("default", DeleteDialog::tr("Keep it"), QStringLiteral("delete_keep"), {});
  dialog->add_answer("danger", DeleteDialog::tr("Delete %1").arg(name),
                     QStringLiteral("delete_confirm"), std::move(confirmed));
  dialog->open();
  return dialog;
}

}  // namespace cove::ui
