// YamlTab: an object as YAML: read, edit, review what would change, apply.
#pragma once

#include <QLineEdit>
#include <QStackedWidget>

#include "core/api/manifest.h"
#include "ui/models/secret_text.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/diff_view.h"
#include "ui/widgets/yaml_editor.h"

namespace cove::ui {

// GUI thread. While it is edited the text is the user's: what changes in the cluster meanwhile is
// told, and neither side is lost. Whoever applies sees a dry run's outcome first. A Secret's values
// are hidden until they are asked for, also while it is edited, and again for another one. A text
// is written to the cluster alone that its object came from.
class YamlTab : public QWidget {
  Q_OBJECT
 public:
  YamlTab(const PageContext& context, client::Resource resource, const QString& id,
          QWidget* parent);

  // What is shown, unless another text is being edited. Null: nothing.
  void show_object(const api::ObjectPtr& object);
  bool editing() const { return mode_ != Mode::kReading; }
  void retranslate();

 private:
  enum class Mode { kReading, kEditing, kReviewing, kConflict };

  // The object's document as its text stands here.
  api::json::object presented(const api::Object& object) const;
  // For a comparison of versions, the later one with the former.
  QString compared(const api::Object& object, const api::Object* before = nullptr) const;
  void enter(Mode mode);
  void reveal();
  void refresh_hint();
  void show_text();
  void begin();
  void discard();
  void review();
  void apply();
  void write(bool dry_run, std::function<void(const client::ApiResult<api::ObjectPtr>&)> done);
  void refuse(const client::ApiError& error);
  void meet_conflict();
  void meet_cluster();
  // Whether the text's cluster is the one that is shown; says so when it is not.
  bool at_home();
  void rebase();
  void learn_schema();
  // The text as a document; nothing (and a mark at the line) when it is none.
  std::optional<api::json::object> parse();
  void tell(Tone tone, const QString& title, const QString& text);

  const PageContext context_;
  const client::Resource resource_;
  const bool secret_;
  SecretShow values_ = SecretShow::kHidden;
  Mode mode_ = Mode::kReading;
  bool busy_ = false;
  api::ObjectPtr object_;   // as it is now
  api::ObjectPtr base_;     // as it was when editing began
  api::ObjectPtr theirs_;   // what others made of it meanwhile, in a conflict
  std::string home_;        // the context it was edited in
  api::ManifestPart part_;  // what was parsed last, with its lines
  std::string schema_of_;

  Banner* banner_;
  QLineEdit* search_;
  QStackedWidget* middle_;
  YamlEditor* editor_;
  DiffView* diff_;
  QLabel* hint_;
  QPushButton* reveal_;
  QPushButton* edit_;
  QPushButton* discard_;
  QPushButton* back_;
  QPushButton* review_;
  QPushButton* apply_;
  QPushButton* rebase_;
};

}  // namespace cove::ui
