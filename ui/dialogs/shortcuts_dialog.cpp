#include "ui/dialogs/shortcuts_dialog.h"

#include <QCoreApplication>
#include <QGridLayout>
#include <QKeySequence>

#include "ui/dialogs/question_dialog.h"
#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

struct Shortcuts {
  Q_DECLARE_TR_FUNCTIONS(Shortcuts)
};

}  // namespace

QLayout* make_shortcut_list(QWidget* parent) {
  const std::pair<QKeySequence, QString> all[] = {
      {QKeySequence(Qt::CTRL | Qt::Key_K), Shortcuts::tr("Go to anything, run anything")},
      {QKeySequence(Qt::CTRL | Qt::Key_1), Shortcuts::tr("First page; the others by 2 to 9")},
      {QKeySequence(QKeySequence::Find), Shortcuts::tr("Search the list or the text")},
      {QKeySequence(Qt::CTRL | Qt::Key_L), Shortcuts::tr("Choose a cluster")},
      {QKeySequence(QKeySequence::New), Shortcuts::tr("New cluster")},
      {QKeySequence(Qt::CTRL | Qt::Key_J), Shortcuts::tr("Activity list")},
      {QKeySequence(Qt::CTRL | Qt::Key_Space), Shortcuts::tr("Complete in the YAML editor")},
      {QKeySequence(Qt::CTRL | Qt::Key_Comma), Shortcuts::tr("Preferences")},
      {QKeySequence(Qt::Key_F10), Shortcuts::tr("Menu")},
      {QKeySequence(QKeySequence::Close), Shortcuts::tr("Close the window")},
      {QKeySequence(Qt::CTRL | Qt::Key_Q), Shortcuts::tr("Quit")},
  };
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(24);
  grid->setVerticalSpacing(kGrid);
  int row = 0;
  for (const auto& [keys, text] : all) {
    QLabel* key = make_label("strong", parent);
    key->setText(keys.toString(QKeySequence::NativeText));
    QLabel* what = make_label("secondary", parent);
    what->setText(text);
    grid->addWidget(key, row, 0);
    grid->addWidget(what, row, 1);
    ++row;
  }
  grid->setColumnStretch(1, 1);
  return grid;
}

QDialog* show_shortcuts_dialog(const Theme& theme, QWidget* parent) {
  auto* dialog = new QuestionDialog(theme, QStringLiteral("info"), Tone::kAccent,
                                    Shortcuts::tr("Keyboard shortcuts"), QString(), parent);
  dialog->setObjectName(QStringLiteral("shortcuts_dialog"));
  dialog->content()->addLayout(make_shortcut_list(dialog));
  dialog->add_answer("primary", Shortcuts::tr("Close"), QStringLiteral("shortcuts_close"), {});
  dialog->open();
  return dialog;
}

}  // namespace cove::ui
