#include <QCoreApplication>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLocale>
#include <QMimeData>

#include "core/base/strings.h"
#include "ui/dialogs/build_dialog.h"
#include "ui/dialogs/text_dialog.h"
#include "ui/models/document_text.h"
#include "ui/models/image_users.h"
#include "ui/views/engine_page.h"
#include "ui/views/object_page.h"
#include "ui/views/prune_question.h"

namespace cove::ui {
namespace {

QString size_text(std::uint64_t bytes) {
  return QLocale().formattedDataSize(static_cast<qint64>(bytes), 1);
}

WallTime time_of(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

// "sha256:0123…" as people know it.
QString short_id(const std::string& id) {
  return text(std::string_view(id).substr(id.find(':') + 1, 12));
}

class ImagesPage final : public EnginePage {
  Q_DECLARE_TR_FUNCTIONS(ImagesPage)
 public:
  ImagesPage(const PageContext& context, QWidget* parent) : EnginePage(context, kind(), parent) {
    setAcceptDrops(true);
    build_ = add_tool(
        "images_build", "plus", [this] { build({}); }, "primary");
    pull_ = add_tool("images_pull", nullptr, [this] { pull(); });
    load_ = add_tool("images_load", nullptr, [this] { load(); });
    prune_ = add_tool("images_prune", nullptr, [this] { prune(); });
    tag_ = add_action("image_tag", nullptr, [this] { tag(); });
    push_ = add_action("image_push", nullptr, [this] { push(); });
    save_ = add_action("image_save", "save", [this] { save(); });
    remove_ = add_action("image_remove", "trash", [this] { remove(); });
    actions()->addStretch(1);
    history_ = new RowsModel({{[] { return tr("Size"); }, 84, true},
                              {[] { return tr("Command"); }, 260},
                              {[] { return tr("Age"); }, 70}},
                             this);
    history_table_ = make_state_table(context.theme, *history_, this);
    history_table_->setObjectName(QStringLiteral("image_history"));
    for (int i = 0; i < history_->columnCount(); ++i)
      history_table_->setColumnWidth(i, history_->columns()[static_cast<std::size_t>(i)].width);
    tabs()->addTab(history_table_, QString());
    pods_ = context.api.follow({.resource = {"", "v1", "pods"}});
    connect(pods_.get(), &LiveCollection::changed, this, [this] { refresh_later(); });
    connect(pods_.get(), &LiveCollection::forgotten, this, [this] { refresh_later(); });
    ages_.setInterval(60'000);
    connect(&ages_, &QTimer::timeout, this, [this] { refresh_later(); });
    ages_.start();
    begin();
  }

 protected:
  std::vector<TableRow> rows() override;
  void show_details(const QString& key) override;
  void retranslate_page() override;

  void dragEnterEvent(QDragEnterEvent* event) override {
    if (engine().has_engine() && event->mimeData()->urls().size() == 1)
      event->acceptProposedAction();
  }
  // A folder is built, an archive loaded.
  void dropEvent(QDropEvent* event) override {
    const QFileInfo file(event->mimeData()->urls().value(0).toLocalFile());
    if (!file.exists()) return;
    event->acceptProposedAction();
    const bool dockerfile =
        file.isFile() && file.fileName().startsWith(QLatin1String("Dockerfile"));
    if (file.isDir() || dockerfile) {
      build((file.isDir() ? file.absoluteFilePath() : file.absolutePath()).toStdString());
    } else {
      run(load_task(engine().line(), file.absoluteFilePath().toStdString()));
    }
  }

 private:
  // A row: an image under one of its names, or without.
  struct Entry {
    docker::ImageSummary image;
    QString name;  // "demo:0.1"; empty: it has none
    std::string reference() const { return name.isEmpty() ? image.id : name.toStdString(); }
  };

  static EnginePageKind kind();
  TableRow row_of(const Entry& entry) const;
  const Entry* entry() const {
    const auto found = entries_.find(chosen());
    return found == entries_.end() ? nullptr : &found->second;
  }
  const ImageUsers& users_of(const std::string& id) const {
    static const ImageUsers nobody;
    const auto found = users_.find(id);
    return found == users_.end() ? nobody : found->second;
  }

  void build(const Path& folder) {
    ask_build(
        context().theme,
        {tr("Build an image"),
         tr("From a folder with a Dockerfile. Pods of this cluster can use the image at once."),
         tr("Build"), folder},
        [this](const Path& chosen_folder, const docker::BuildOptions& options) {
          run(build_task(engine().line(), chosen_folder, options));
        },
        window());
  }
  void pull() {
    ask_text(
        context().theme,
        {QStringLiteral("package"),
         tr("Pull an image"),
         tr("From its registry, with what “docker login” stored for it. Without a registry in its "
            "name it comes from Docker Hub."),
         tr("Image"),
         QStringLiteral("nginx:1.25"),
         {},
         tr("Pull"),
         QStringLiteral("pull_dialog")},
        [this](const QString& name) { run(pull_task(engine().line(), name.toStdString())); },
        window());
  }
  void load() {
    auto* chooser = new QFileDialog(window(), tr("The archive to load"), QDir::homePath());
    chooser->setAttribute(Qt::WA_DeleteOnClose);
    chooser->setFileMode(QFileDialog::ExistingFile);
    connect(chooser, &QFileDialog::fileSelected, this,
            [this](const QString& file) { run(load_task(engine().line(), file.toStdString())); });
    chooser->open();
  }
  void save() {
    const Entry* shown = entry();
    if (!shown) return;
    QString name = shown->name.isEmpty() ? short_id(shown->image.id) : shown->name;
    name.replace(QLatin1Char('/'), QLatin1Char('-')).replace(QLatin1Char(':'), QLatin1Char('-'));
    auto* chooser = new QFileDialog(window(), tr("Save the image as"),
                                    QDir::home().filePath(name + QStringLiteral(".tar")));
    chooser->setObjectName(QStringLiteral("save_dialog"));
    chooser->setAttribute(Qt::WA_DeleteOnClose);
    chooser->setAcceptMode(QFileDialog::AcceptSave);
    chooser->selectFile(name + QStringLiteral(".tar"));
    connect(chooser, &QFileDialog::fileSelected, this,
            [this, image = shown->reference()](const QString& file) {
              run(save_task(engine().line(), {image}, file.toStdString()));
            });
    chooser->open();
  }
  void tag() {
    const Entry* shown = entry();
    if (!shown) return;
    ask_text(
        context().theme,
        {QStringLiteral("package"), tr("Give it another name"),
         tr("The image keeps the names it has. A registry in the name is where it can be pushed."),
         tr("New name"), QStringLiteral("registry.example.com/demo:0.2"), shown->name, tr("Tag"),
         QStringLiteral("tag_dialog")},
        [this, image = shown->reference()](const QString& name) {
          engine().call<void>(
              [image, wanted = name.toStdString()](const docker::EngineClient& client,
                                                   std::stop_token stop) {
                return client.tag(image, wanted, std::move(stop));
              },
              this,
              [this, name](const Result<void>& done) {
                show_result(tr("It could not be tagged %1").arg(name), done);
              });
        },
        window());
  }
  void push() {
    const Entry* shown = entry();
    if (!shown) return;
    ask_text(
        context().theme,
        {QStringLiteral("package"), tr("Push the image"),
         tr("To the registry in its name, with what “docker login” stored for it. Under another "
            "name it is tagged first."),
         tr("Image"), QStringLiteral("registry.example.com/demo:0.2"), shown->name, tr("Push"),
         QStringLiteral("push_dialog")},
        [this, image = shown->reference()](const QString& name) {
          const std::string wanted = name.toStdString();
          if (wanted == image) return run(push_task(engine().line(), wanted));
          engine().call<void>(
              [image, wanted](const docker::EngineClient& client, std::stop_token stop) {
                return client.tag(image, wanted, std::move(stop));
              },
              this,
              [this, wanted](const Result<void>& done) {
                show_result(tr("It could not be tagged %1").arg(text(wanted)), done);
                if (done) run(push_task(engine().line(), wanted));
              });
        },
        window());
  }
  void remove();
  void prune() {
    ask_prune(
        context().theme, engine(), pods_->synced(),
        [this](const std::string& id) { return !users_of(id).none(); },
        [this](const std::vector<std::string>& images) {
          run(remove_images_task(engine().line(), images));
        },
        window());
  }
  void ask_history(const Entry& shown);

  QPushButton* build_;
  QPushButton* pull_;
  QPushButton* load_;
  QPushButton* prune_;
  QPushButton* tag_;
  QPushButton* push_;
  QPushButton* save_;
  QPushButton* remove_;
  RowsModel* history_;
  QTableView* history_table_;
  std::string history_of_;  // id
  std::shared_ptr<LiveCollection> pods_;
  std::map<QString, Entry> entries_;
  std::map<std::string, ImageUsers> users_;
  QTimer ages_;
};

EnginePageKind ImagesPage::kind() {
  EnginePageKind kind;
  kind.id = QStringLiteral("images");
  kind.title = [] { return tr("Images"); };
  kind.explanation = [] {
    return tr(
        "An image is a program with all its files. Build one from a folder with a Dockerfile, or "
        "pull one: pods and containers are made of them.");
  };
  kind.columns = {{[] { return tr("Repository"); }, 160}, {[] { return tr("Tag"); }, 76},
                  {[] { return tr("Size"); }, 96, true},  {[] { return tr("Used by"); }, 130},
                  {[] { return tr("Created"); }, 80},     {[] { return tr("ID"); }, 110}};
  return kind;
}

std::vector<TableRow> ImagesPage::rows() {
  users_ = users_of_images(engine().images(), engine().containers(), pods_->objects());
  entries_.clear();
  std::vector<TableRow> rows;
  const auto add = [&](const docker::ImageSummary& image, const QString& name) {
    const Entry entry{image, name};
    rows.push_back(row_of(entry));
    entries_[rows.back().key] = entry;
  };
  for (const docker::ImageSummary& image : engine().images()) {
    if (image.tags.empty()) add(image, {});
    for (const std::string& tag : image.tags) add(image, text(tag));
  }
  return rows;
}

TableRow ImagesPage::row_of(const Entry& entry) const {
  const docker::ImageSummary& image = entry.image;
  const qsizetype colon = entry.name.lastIndexOf(QLatin1Char(':'));
  const ImageUsers& users = users_of(image.id);
  const QStringList all = users.pods + users.containers;
  QStringList used;
  if (users.pods.size() == 1) used.append(tr("1 pod"));
  if (users.pods.size() > 1) used.append(tr("%1 pods").arg(users.pods.size()));
  if (users.containers.size() == 1) used.append(tr("1 container"));
  if (users.containers.size() > 1) used.append(tr("%1 containers").arg(users.containers.size()));
  const WallTime created = time_of(image.created);
  return {entry.name.isEmpty() ? text(image.id) : entry.name,
          {{entry.name.isEmpty() ? tr("(no name)") : entry.name.left(colon)},
           {entry.name.isEmpty() ? QString() : entry.name.mid(colon + 1)},
           {size_text(image.size), QVariant(static_cast<qulonglong>(image.size))},
           {used.join(QStringLiteral(", ")), QVariant(static_cast<qlonglong>(all.size())),
            all.isEmpty() ? ObjectState::kNone : ObjectState::kGood,
            all.mid(0, 20).join(QLatin1Char('\n'))},
           {age_text(created, context().clock.wall()),
            QVariant(static_cast<qlonglong>(-image.created))},
           {short_id(image.id), {}, ObjectState::kNone, text(image.id)}}};
}

void ImagesPage::show_details(const QString&) {
  const Entry* shown = entry();
  if (!shown) return;
  const docker::ImageSummary& image = shown->image;
  set_name(shown->name.isEmpty() ? short_id(image.id) : shown->name);
  const ImageUsers& users = users_of(image.id);
  QStringList tags;
  for (const std::string& tag : image.tags) tags.append(text(tag));
  const auto made = QDateTime::fromSecsSinceEpoch(image.created);
  set_facts({{tr("Names"), tags.join(QLatin1Char('\n'))},
             {tr("Size"), size_text(image.size)},
             {tr("Created"),
              image.created == 0 ? QString() : locale().toString(made, QLocale::ShortFormat)},
             {tr("Pods"), users.pods.join(QLatin1Char('\n'))},
             {tr("Containers"), users.containers.join(QLatin1Char('\n'))},
             {tr("ID"), short_id(image.id), std::nullopt, true}});
  push_->setEnabled(!shown->name.isEmpty());
  ask_history(*shown);
}

// Asked for once an image, when the tab is looked at.
void ImagesPage::ask_history(const Entry& shown) {
  if (tabs()->currentWidget() != history_table_ || history_of_ == shown.image.id) return;
  history_of_ = shown.image.id;
  history_->set_rows({});
  engine().call<std::vector<docker::HistoryEntry>>(
      [id = shown.image.id](const docker::EngineClient& client, std::stop_token stop) {
        return client.history(id, std::move(stop));
      },
      this,
      [this, id = shown.image.id](const Result<std::vector<docker::HistoryEntry>>& answer) {
        if (id != history_of_) return;
        if (!answer) {
          history_of_.clear();
          show_result(tr("Its history could not be read"), answer.error());
          return;
        }
        std::vector<TableRow> rows;
        for (const docker::HistoryEntry& layer : *answer) {
          const QString command = text(layer.command).simplified();
          rows.push_back({QStringLiteral("%1").arg(rows.size(), 6, 10, QLatin1Char('0')),
                          {{layer.size == 0 ? QStringLiteral("–") : size_text(layer.size)},
                           {command, {}, ObjectState::kNone, text(layer.command)},
                           {age_text(time_of(layer.created), context().clock.wall())}}});
        }
        history_->set_rows(std::move(rows));
      });
}

void ImagesPage::remove() {
  const Entry* shown = entry();
  if (!shown) return;
  const ImageUsers& users = users_of(shown->image.id);
  const bool last_name = shown->image.tags.size() < 2;
  const QString name = shown->name.isEmpty() ? short_id(shown->image.id) : shown->name;
  if (last_name && !users.none()) {
    const QStringList all = users.pods + users.containers;
    QString by = all.mid(0, 5).join(QStringLiteral(", "));
    if (all.size() > 5) by += QStringLiteral(" …");
    show_refusal(tr("%1 is in use").arg(name), tr("By %1.").arg(by),
                 tr("Remove those first, or give them another image."));
    return;
  }
  engine().call<std::vector<std::string>>(
      [image = shown->reference()](const docker::EngineClient& client, std::stop_token stop) {
        return client.remove(image, false, std::move(stop));
      },
      this,
      [this, name](const Result<std::vector<std::string>>& done) {
        show_result(tr("%1 could not be removed").arg(name),
                    done ? Result<void>() : Result<void>(done.error()));
      });
}

void ImagesPage::retranslate_page() {
  build_->setText(tr("Build…"));
  build_->setToolTip(tr("From a folder with a Dockerfile. A folder can also be dropped here."));
  pull_->setText(tr("Pull…"));
  pull_->setToolTip(tr("Fetches an image from a registry."));
  load_->setText(tr("Load…"));
  load_->setToolTip(tr("Reads images from an archive, as “docker save” writes it."));
  prune_->setText(tr("Prune…"));
  prune_->setToolTip(tr("Removes images that nothing uses. Shows first what that frees."));
  tag_->setText(tr("Tag…"));
  tag_->setToolTip(tr("Gives the image another name."));
  push_->setText(tr("Push…"));
  push_->setToolTip(tr("Sends the image to a registry."));
  save_->setText(tr("Save…"));
  save_->setToolTip(tr("Writes the image to an archive."));
  remove_->setText(tr("Remove"));
  remove_->setToolTip(tr("Takes the name away, and the image with its last name."));
  tabs()->setTabText(1, tr("History"));
  history_table_->setAccessibleName(tr("History"));
  history_->retranslate();
}

}  // namespace

QWidget* make_images_page(const PageContext& context, QWidget* parent) {
  return new ImagesPage(context, parent);
}

}  // namespace cove::ui
