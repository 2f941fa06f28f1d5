// The tab "Logs" of pages.
#include <QEvent>
#include <QVBoxLayout>

#include "ui/views/log_panel.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

// Holds the panel of what is chosen while it is in sight.
class LogTab final : public QWidget {
  Q_DECLARE_TR_FUNCTIONS(LogTab)
 public:
  LogTab(const PageContext& context, ObjectPage& page, QTabWidget& tabs)
      : QWidget(&tabs), context_(context), page_(page), tabs_(tabs) {
    setObjectName(QStringLiteral("log_tab"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    connect(&page, &ObjectPage::chosen_changed, this, [this] { refresh(); });
    connect(&tabs, &QTabWidget::currentChanged, this, [this] { refresh(); });
    connect(&context.api, &ApiSession::chosen, this, [this] { refresh(); });
  }

  void retranslate() { tabs_.setTabText(tabs_.indexOf(this), tr("Logs")); }

 protected:
  void changeEvent(QEvent* event) override {
    if (event->type() == QEvent::LanguageChange) retranslate();
    QWidget::changeEvent(event);
  }

 private:
  void refresh() {
    const bool looked_at = tabs_.currentWidget() == this && page_.chosen();
    const auto target = looked_at ? log_target_of(*page_.chosen()) : std::nullopt;
    const std::string uid(target ? page_.chosen()->uid() : std::string_view());
    if (panel_ != nullptr && target && uid == uid_ && panel_->target() == *target &&
        context_.api.context() == cluster_)
      return;
    delete panel_;
    panel_ = nullptr;
    uid_ = uid;
    cluster_ = context_.api.context();
    if (!target) return;
    panel_ = new LogPanel(context_, *target, true, this);
    layout()->addWidget(panel_);
  }

  const PageContext context_;
  ObjectPage& page_;
  QTabWidget& tabs_;
  LogPanel* panel_ = nullptr;
  std::string uid_;
  std::string cluster_;
};

}  // namespace

void add_log_tab(const PageContext& context, ObjectPage& page, QTabWidget& tabs, int index) {
  auto* tab = new LogTab(context, page, tabs);
  tabs.insertTab(index, tab, QString());
  tab->retranslate();
}

}  // namespace cove::ui
