#include "ui/views/release_actions.h"

#include <QGridLayout>
#include <QMenu>

#include "ui/dialogs/build_dialog.h"
#include "ui/dialogs/question_dialog.h"
#include "ui/models/document_text.h"

namespace cove::ui {

ReleaseActions::ReleaseActions(const PageContext& context, ObjectPage& page, QHBoxLayout* row)
    : QObject(&page), context_(context), page_(page), gates_(context.api) {
  set_ = make_button("default", &page);
  set_->setObjectName(QStringLiteral("deployment_set_image"));
  build_ = make_button("default", &page);
  build_->setObjectName(QStringLiteral("deployment_build"));
  row->addWidget(set_);
  row->addWidget(build_);
  row->addStretch(1);
  row->setSpacing(6);
  connect(set_, &QPushButton::clicked, this, &ReleaseActions::set_image);
  connect(build_, &QPushButton::clicked, this, &ReleaseActions::build);
  connect(&page, &ObjectPage::chosen_changed, this, &ReleaseActions::refresh);
  connect(&page, &ObjectPage::retranslated, this, &ReleaseActions::retranslate);
  connect(&context_.engine, &EngineSession::chosen, this, &ReleaseActions::refresh);
  retranslate();
  refresh();
}

std::vector<ReleaseActions::Container> ReleaseActions::containers() const {
  std::vector<Container> containers;
  if (!page_.chosen()) return containers;
  const auto* list =
      api::array_at(page_.chosen()->document(), {"spec", "template", "spec", "containers"});
  if (list == nullptr) return containers;
  for (const auto& each : *list) {
    if (const auto* container = each.if_object())
      containers.push_back(
          {text(api::text_at(*container, {"name"})), text(api::text_at(*container, {"image"}))});
  }
  return containers;
}

Release ReleaseActions::release_of(const QString& container) const {
  Release release;
  release.namespace_name = page_.chosen()->namespace_name();
  release.deployment = page_.chosen()->name();
  release.container = container.toStdString();
  return release;
}

void ReleaseActions::set_image() {
  const auto known = containers();
  if (known.empty()) return;
  auto* dialog = new QuestionDialog(
      context_.theme, QStringLiteral("layers"), Tone::kAccent,
      tr("Set the image of %1").arg(text(page_.chosen()->name())),
      tr("Its pods are replaced, a few at a time. The history can take it back."), &page_);
  dialog->setObjectName(QStringLiteral("set_image_dialog"));
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(kGrid);
  grid->setColumnStretch(1, 1);
  const auto add = [&](int row, const QString& caption, const char* name, QWidget* control) {
    auto* label = make_label("muted", dialog);
    label->setText(caption);
    label->setBuddy(control);
    control->setObjectName(QString::fromLatin1(name));
    control->setAccessibleName(caption);
    grid->addWidget(label, row, 0);
    grid->addWidget(control, row, 1);
  };
  auto* container = new QComboBox(dialog);
  for (const Container& each : known) container->addItem(each.name, each.image);
  auto* image = new QComboBox(dialog);
  image->setEditable(true);
  // Those of now, while it is open; what was typed stays.
  const auto offer = [this, image] {
    QStringList tags;
    for (const docker::ImageSummary& each : context_.engine.images())
      for (const std::string& tag : each.tags) tags.append(text(tag));
    tags.sort();
    QStringList offered;
    for (int i = 0; i < image->count(); ++i) offered.append(image->itemText(i));
    if (tags == offered) return;
    const QString typed = image->currentText();
    const QSignalBlocker quiet(image);
    image->clear();
    image->addItems(tags);
    image->setEditText(typed);
  };
  offer();
  connect(&context_.engine, &EngineSession::changed, image, offer);
  auto* cause = new QLineEdit(dialog);
  cause->setMaxLength(1000);
  add(0, tr("Container"), "set_image_container", container);
  add(1, tr("Image"), "set_image_image", image);
  add(2, tr("Change cause"), "set_image_cause", cause);
  dialog->content()->addLayout(grid);
  dialog->add_answer("default", tr("Cancel"), QStringLiteral("set_image_cancel"), {});
  auto* ok = dialog->add_answer(
      "primary", tr("Roll out"), QStringLiteral("set_image_ok"),
      [this, container, image, cause, release = release_of({}), gate = gates_.make()]() mutable {
        release.container = container->currentText().toStdString();
        release.image = image->currentText().trimmed().toStdString();
        release.cause =
            (cause->text().trimmed().isEmpty() ? cause->placeholderText() : cause->text().trimmed())
                .toStdString();
        context_.activity.run(set_image_task(gate, release));
      });
  ok->setDefault(true);
  const auto follow = [container, image, cause, ok] {
    const QString wanted = image->currentText().trimmed();
    ok->setEnabled(!wanted.isEmpty() && wanted != container->currentData().toString());
    cause->setPlaceholderText(tr("image set to %1").arg(wanted));
  };
  connect(container, &QComboBox::currentIndexChanged, image,
          [container, image] { image->setEditText(container->currentData().toString()); });
  connect(container, &QComboBox::currentIndexChanged, dialog, follow);
  connect(image, &QComboBox::editTextChanged, dialog, follow);
  image->setEditText(container->currentData().toString());
  follow();
  dialog->open();
  image->setFocus();
}

void ReleaseActions::build() {
  const auto known = containers();
  if (known.size() == 1) return build_for(known.front());
  auto* menu = new QMenu(&page_);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  for (const Container& each : known)
    menu->addAction(each.name, this, [this, each] { build_for(each); });
  menu->popup(build_->mapToGlobal(QPoint(0, build_->height())));
}

void ReleaseActions::build_for(const Container& container) {
  if (!page_.chosen() || !context_.engine.has_engine()) return;
  Release release = release_of(container.name);
  ask_build(
      context_.theme,
      {tr("Build and roll out to %1").arg(text(release.deployment)),
       tr("Builds the folder, sets the image of the container %1 and waits until its pods run it.")
           .arg(container.name),
       tr("Build and roll out"),
       {},
       text(next_image(container.image.toStdString()))},
      [this, release, gate = gates_.make(), line = context_.engine.line()](
          const Path& folder, const docker::BuildOptions& options) mutable {
        release.image = options.tags.front();
        release.cause = tr("%1, built from %2")
                            .arg(text(release.image), text(folder.filename().string()))
                            .toStdString();
        context_.activity.run(build_and_roll_out_task(gate, line, folder, options, release));
      },
      &page_);
}

void ReleaseActions::refresh() {
  const bool any = !containers().empty();
  set_->setEnabled(any);
  build_->setEnabled(any && context_.engine.has_engine());
}

void ReleaseActions::retranslate() {
  set_->setText(tr("Set image…"));
  set_->setToolTip(tr("Rolls another image out, a few pods at a time."));
  build_->setText(tr("Build and roll out…"));
  build_->setToolTip(tr("Builds a folder and rolls the image out."));
}

}  // namespace cove::ui
