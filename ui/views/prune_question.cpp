#include "ui/views/prune_question.h"

#include <QCoreApplication>
#include <QLocale>
#include <QPlainTextEdit>
#include <QRadioButton>

#include "ui/dialogs/question_dialog.h"
#include "ui/models/document_text.h"
#include "ui/models/text.h"
#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

QString size_text(std::uint64_t bytes) {
  return QLocale().formattedDataSize(static_cast<qint64>(bytes), 1);
}

class PruneDialog final : public QuestionDialog {
  Q_DECLARE_TR_FUNCTIONS(PruneDialog)
 public:
  PruneDialog(const Theme& theme, EngineSession& engine, bool pods_known,
              std::function<bool(const std::string&)> used,
              std::function<void(const std::vector<std::string>&)> chosen, QWidget* parent)
      : QuestionDialog(theme, QStringLiteral("trash"), Tone::kBad, tr("Remove unused images?"),
                       tr("Images that a pod or a container uses stay."), parent),
        used_(std::move(used)) {
    setObjectName(QStringLiteral("prune_dialog"));
    nameless_ = add_choice(tr("Only those without a name"), "prune_nameless");
    all_ = add_choice(tr("All that nothing uses"), "prune_all");
    nameless_->setChecked(true);
    all_->setEnabled(pods_known);
    list_ = new QPlainTextEdit(this);
    list_->setObjectName(QStringLiteral("prune_list"));
    list_->setReadOnly(true);
    list_->setTabChangesFocus(true);
    list_->setLineWrapMode(QPlainTextEdit::NoWrap);
    list_->setFixedHeight(120);
    list_->setAccessibleName(tr("What is removed"));
    set_look(list_, "field");
    content()->addWidget(list_);
    frees_ = make_label("strong", this);
    frees_->setObjectName(QStringLiteral("prune_frees"));
    frees_->setText(tr("Measuring…"));
    content()->addWidget(frees_);
    add_answer("default", tr("Keep them"), QStringLiteral("prune_keep"), {});
    remove_ = add_answer("danger", tr("Remove"), QStringLiteral("prune_ok"),
                         [this, chosen = std::move(chosen)] { chosen(ids()); });
    remove_->setEnabled(false);
    connect(nameless_, &QRadioButton::toggled, this, [this] { refresh(); });
    engine.call<std::vector<docker::ImageUse>>(
        [](const docker::EngineClient& client, std::stop_token stop) {
          return client.image_uses(std::move(stop));
        },
        this,
        [this](const Result<std::vector<docker::ImageUse>>& answer) {
          if (!answer) return frees_->setText(sentence_of(answer.error()));
          uses_ = *answer;
          known_ = true;
          refresh();
        });
  }

 private:
  QRadioButton* add_choice(const QString& text, const char* name) {
    auto* choice = new QRadioButton(text, this);
    choice->setObjectName(QString::fromLatin1(name));
    content()->addWidget(choice);
    return choice;
  }

  bool goes(const docker::ImageUse& use) const {
    if (use.used || used_(use.image.id)) return false;
    return all_->isChecked() || use.image.tags.empty();
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const docker::ImageUse& use : uses_)
      if (goes(use)) ids.push_back(use.image.id);
    return ids;
  }

  void refresh() {
    if (!known_) return;
    QStringList lines;
    std::uint64_t bytes = 0;
    for (const docker::ImageUse& use : uses_) {
      if (!goes(use)) continue;
      bytes += use.own_size;
      QStringList names;
      for (const std::string& tag : use.image.tags) names.append(text(tag));
      const std::string_view id(use.image.id);
      lines.append(QStringLiteral("%1   %2").arg(names.isEmpty()
                                                     ? text(id.substr(id.find(':') + 1, 12))
                                                     : names.join(QStringLiteral(", ")),
                                                 size_text(use.own_size)));
    }
    list_->setPlainText(lines.join(QLatin1Char('\n')));
    const QString size = size_text(bytes);
    frees_->setText(
        lines.isEmpty() ? tr("There is nothing to remove.")
        : lines.size() == 1
            ? tr("1 image; this frees at least %1.").arg(size)
            : tr("%1 images; this frees at least %2.").arg(QString::number(lines.size()), size));
    remove_->setEnabled(!lines.isEmpty());
  }

  const std::function<bool(const std::string&)> used_;
  QRadioButton* nameless_;
  QRadioButton* all_;
  QPlainTextEdit* list_;
  QLabel* frees_;
  QPushButton* remove_;
  std::vector<docker::ImageUse> uses_;
  bool known_ = false;
};

}  // namespace

QDialog* ask_prune(const Theme& theme, EngineSession& engine, bool pods_known,
                   std::function<bool(const std::string& id)> used,
                   std::function<void(const std::vector<std::string>&)> chosen, QWidget* parent) {
  auto* dialog =
      new PruneDialog(theme, engine, pods_known, std::move(used), std::move(chosen), parent);
  dialog->open();
  return dialog;
}

}  // namespace cove::ui
