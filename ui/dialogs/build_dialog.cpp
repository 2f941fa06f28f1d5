#include "ui/dialogs/build_dialog.h"

#include <QCoreApplication>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QRegularExpression>

#include "ui/dialogs/question_dialog.h"
#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

constexpr int kMaxText = 4096;

// "My App" as a repository may be called: "my-app".
QString tag_of_folder(const QString& folder) {
  static const QRegularExpression odd(QStringLiteral("[^a-z0-9._-]+"));
  static const QRegularExpression edge(QStringLiteral("^[^a-z0-9]+|[^a-z0-9]+$"));
  QString name = QDir(folder).dirName().toLower();
  name.replace(odd, QStringLiteral("-")).remove(edge);
  return name.isEmpty() ? QString() : name + QStringLiteral(":latest");
}

class BuildDialog final : public QuestionDialog {
  Q_DECLARE_TR_FUNCTIONS(BuildDialog)
 public:
  using Answered = std::function<void(const Path&, const docker::BuildOptions&)>;

  BuildDialog(const Theme& theme, const BuildQuestion& question, Answered answered, QWidget* parent)
      : QuestionDialog(theme, QStringLiteral("package"), Tone::kAccent, question.title,
                       question.text, parent) {
    setObjectName(QStringLiteral("build_dialog"));
    setAcceptDrops(true);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(kGrid);
    folder_ = add_line(grid, 0, tr("Folder"), "build_folder");
    folder_->setPlaceholderText(tr("Choose it, or drop it here"));
    auto* browse = make_button("default", this);
    browse->setObjectName(QStringLiteral("build_browse"));
    browse->setText(tr("Choose…"));
    grid->addWidget(browse, 0, 2);
    dockerfile_ = add_line(grid, 1, tr("Dockerfile"), "build_dockerfile");
    dockerfile_->setText(QStringLiteral("Dockerfile"));
    tag_ = add_line(grid, 2, tr("Tag"), "build_tag");
    tag_->setPlaceholderText(QStringLiteral("name:tag"));
    auto* caption = make_label("muted", this);
    caption->setText(tr("Build arguments"));
    arguments_ = new QPlainTextEdit(this);
    arguments_->setObjectName(QStringLiteral("build_arguments"));
    arguments_->setPlaceholderText(tr("NAME=value, a line each"));
    arguments_->setTabChangesFocus(true);
    arguments_->setFixedHeight(64);
    set_look(arguments_, "field");
    caption->setBuddy(arguments_);
    arguments_->setAccessibleName(caption->text());
    grid->addWidget(caption, 3, 0, Qt::AlignTop);
    grid->addWidget(arguments_, 3, 1, 1, 2);
    problem_ = make_label("bad", this);
    problem_->setObjectName(QStringLiteral("build_problem"));
    problem_->setWordWrap(true);
    problem_->setMinimumHeight(problem_->fontMetrics().height() * 2);
    grid->addWidget(problem_, 4, 1, 1, 2);
    content()->addLayout(grid);
    add_answer("default", tr("Cancel"), QStringLiteral("build_cancel"), {});
    build_ = add_answer("primary", question.answer, QStringLiteral("build_ok"),
                        [this, answered = std::move(answered)] {
                          answered(folder_->text().toStdString(), options());
                        });
    build_->setDefault(true);
    connect(browse, &QPushButton::clicked, this, [this] { choose(); });
    connect(folder_, &QLineEdit::textChanged, this, [this] {
      if (!tag_typed_) tag_->setText(tag_of_folder(folder_->text()));
      check();
    });
    connect(dockerfile_, &QLineEdit::textChanged, this, [this] { check(); });
    connect(tag_, &QLineEdit::textEdited, this, [this] { tag_typed_ = true; });
    connect(tag_, &QLineEdit::textChanged, this, [this] { check(); });
    connect(arguments_, &QPlainTextEdit::textChanged, this, [this] { check(); });
    tag_typed_ = !question.tag.isEmpty();
    tag_->setText(question.tag);
    folder_->setText(QString::fromStdString(question.folder.string()));
    check();
  }
  void begin() {
    open();
    folder_->setFocus();
  }

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override {
    if (!dropped(event->mimeData()).isEmpty()) event->acceptProposedAction();
  }
  void dropEvent(QDropEvent* event) override {
    const QString folder = dropped(event->mimeData());
    if (folder.isEmpty()) return;
    event->acceptProposedAction();
    folder_->setText(folder);
  }

 private:
  QLineEdit* add_line(QGridLayout* grid, int row, const QString& text, const char* name) {
    auto* caption = make_label("muted", this);
    caption->setText(text);
    auto* line = new QLineEdit(this);
    line->setObjectName(QString::fromLatin1(name));
    line->setMaxLength(kMaxText);
    line->setAccessibleName(text);
    caption->setBuddy(line);
    grid->addWidget(caption, row, 0);
    grid->addWidget(line, row, 1, 1, row == 0 ? 1 : 2);
    return line;
  }

  static QString dropped(const QMimeData* data) {
    if (data->urls().size() != 1) return {};
    const QFileInfo file(data->urls().front().toLocalFile());
    if (file.isDir()) return file.absoluteFilePath();
    // The Dockerfile itself means the folder it is in.
    return file.isFile() ? file.absolutePath() : QString();
  }

  void choose() {
    auto* chooser = new QFileDialog(this, tr("The folder to build"), folder_->text());
    chooser->setAttribute(Qt::WA_DeleteOnClose);
    chooser->setFileMode(QFileDialog::Directory);
    chooser->setOption(QFileDialog::ShowDirsOnly);
    connect(chooser, &QFileDialog::fileSelected, folder_, &QLineEdit::setText);
    chooser->open();
  }

  docker::BuildOptions options() const {
    docker::BuildOptions options;
    options.tags = {tag_->text().trimmed().toStdString()};
    options.dockerfile = dockerfile_->text().trimmed().toStdString();
    for (const QString& line : arguments_->toPlainText().split(QLatin1Char('\n'))) {
      const QString text = line.trimmed();
      const qsizetype equals = text.indexOf(QLatin1Char('='));
      if (equals > 0)
        options.build_args[text.left(equals).toStdString()] = text.mid(equals + 1).toStdString();
    }
    return options;
  }

  // The first thing that is wrong; empty when it can be built. What is still empty is not wrong.
  QString problem() const {
    const QString folder = folder_->text();
    if (!folder.isEmpty() && !QFileInfo(folder).isDir()) return tr("There is no such folder.");
    if (!folder.isEmpty() && !QFileInfo(QDir(folder), dockerfile_->text().trimmed()).isFile())
      return tr("The folder has no %1.").arg(dockerfile_->text().trimmed());
    for (const QString& line : arguments_->toPlainText().split(QLatin1Char('\n'))) {
      const QString text = line.trimmed();
      if (!text.isEmpty() && text.indexOf(QLatin1Char('=')) < 1)
        return tr("“%1” is not NAME=value.").arg(text.left(60));
    }
    return {};
  }

  void check() {
    const QString wrong = problem();
    set_text(problem_, wrong);
    build_->setEnabled(wrong.isEmpty() && !folder_->text().isEmpty() &&
                       !tag_->text().trimmed().isEmpty());
  }

  QLineEdit* folder_;
  QLineEdit* dockerfile_;
  QLineEdit* tag_;
  QPlainTextEdit* arguments_;
  QLabel* problem_;
  QPushButton* build_;
  bool tag_typed_ = false;
};

}  // namespace

QDialog* ask_build(const Theme& theme, const BuildQuestion& question,
                   std::function<void(const Path& folder, const docker::BuildOptions&)> answered,
                   QWidget* parent) {
  auto* dialog = new BuildDialog(theme, question, std::move(answered), parent);
  dialog->begin();
  return dialog;
}

}  // namespace cove::ui
