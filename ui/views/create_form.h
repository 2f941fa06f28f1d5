// CreateForm: what a new cluster is asked for, measured against what this computer can give.
#pragma once

#include <QLineEdit>
#include <QRadioButton>
#include <QScrollArea>

#include "ui/views/cluster_fields.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/fact_card.h"

namespace cove::ui {

class CreateForm : public QScrollArea {
  Q_OBJECT
 public:
  CreateForm(const PageContext& context, QWidget* parent);

  // Asks for the host's facts again and proposes a free name; `name` wins when given.
  void begin(const QString& name = {});

 Q_SIGNALS:
  // `demo`: with the guided tour as soon as it runs.
  void submitted(const cove::ui::OperationRequest& request, bool demo);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void build_left(QVBoxLayout* column);
  void build_right(QVBoxLayout* column);
  void build_footer(QVBoxLayout* column);
  void retranslate();
  void take_host(vm::NetworkMode asked, const provision::HostFacts& facts);
  void take_failure(vm::NetworkMode asked, const Error& error);
  void refresh_host();
  void validate();
  void submit(bool demo);
  vm::NetworkMode network() const;
  QString name_problem() const;

  PageContext context_;
  std::optional<provision::HostFacts> host_;
  std::optional<Error> host_error_;
  QLabel* headline_;
  QLabel* lead_;
  QLabel* name_caption_;
  QLineEdit* name_;
  QLabel* name_problem_;
  ResourceFields* resources_;
  QLabel* network_caption_;
  QRadioButton* user_;
  QRadioButton* nat_;
  QLabel* network_note_;
  QLabel* mirrors_caption_;
  MirrorFields* mirrors_;
  QLabel* proxy_caption_;
  ProxyFields* proxy_;
  Banner* acceleration_;
  FactCard* computer_;
  int computer_cpus_, computer_memory_, computer_disk_, computer_backend_, computer_image_;
  QLabel* refusal_;
  QPushButton* create_;
  Banner* demo_;
};

}  // namespace cove::ui
