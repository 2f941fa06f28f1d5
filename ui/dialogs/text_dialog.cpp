#include "ui/dialogs/text_dialog.h"

#include <QCoreApplication>
#include <QLineEdit>

#include "ui/dialogs/question_dialog.h"
#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {
struct TextDialog {
  Q_DECLARE_TR_FUNCTIONS(TextDialog)
};
}  // namespace

QDialog* ask_text(const Theme& theme, const TextQuestion& question,
                  std::function<void(const QString&)> answered, QWidget* parent) {
  auto* dialog = new QuestionDialog(theme, question.icon, Tone::kAccent, question.title,
                                    question.text, parent);
  dialog->setObjectName(question.object_name);
  auto* caption = make_label("strong", dialog);
  caption->setText(question.caption);
  auto* line = new QLineEdit(dialog);
  line->setObjectName(question.object_name + QStringLiteral("_text"));
  line->setPlaceholderText(question.placeholder);
  line->setText(question.initial);
  line->setMaxLength(1000);
  line->setAccessibleName(question.caption);
  caption->setBuddy(line);
  dialog->content()->addWidget(caption);
  dialog->content()->addWidget(line);
  dialog->add_answer("default", TextDialog::tr("Cancel"),
                     question.object_name + QStringLiteral("_cancel"), {});
  auto* ok = dialog->add_answer(
      "primary", question.answer, question.object_name + QStringLiteral("_ok"),
      [line, answered = std::move(answered)] { answered(line->text().trimmed()); });
  ok->setDefault(true);
  const auto check = [line, ok] { ok->setEnabled(!line->text().trimmed().isEmpty()); };
  QObject::connect(line, &QLineEdit::textChanged, dialog, check);
  check();
  dialog->open();
  line->setFocus();
  line->selectAll();
  return dialog;
}

}  // namespace cove::ui
