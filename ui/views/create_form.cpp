#include "ui/views/create_form.h"

#include <QEvent>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/sentences.h"
#include "ui/models/text.h"
#include "vm/provision/paths.h"

namespace cove::ui {
namespace {

constexpr int kMaxNameLength = 30;

QLabel* paragraph(const char* look, QWidget* parent) {
  QLabel* label = make_label(look, parent);
  label->setWordWrap(true);
  return label;
}

}  // namespace

CreateForm::CreateForm(const PageContext& context, QWidget* parent)
    : QScrollArea(parent), context_(context) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::NoFocus);
  auto* content = new QWidget(this);
  auto* outer = new QHBoxLayout(content);
  outer->setContentsMargins(24, 24, 24, 24);
  auto* page = new QWidget(content);
  page->setMaximumWidth(1040);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  headline_ = make_label("hero", page);
  lead_ = paragraph("secondary", page);
  column->addWidget(headline_);
  column->addSpacing(4);
  column->addWidget(lead_);
  column->addSpacing(20);
  auto* halves = new QHBoxLayout;
  halves->setSpacing(16);
  auto* left = new QVBoxLayout;
  auto* right = new QVBoxLayout;
  left->setSpacing(16);
  right->setSpacing(16);
  build_left(left);
  build_right(right);
  halves->addLayout(left, 5);
  halves->addLayout(right, 4);
  column->addLayout(halves);
  column->addStretch();
  outer->addStretch(1);
  outer->addWidget(page, 1000);
  outer->addStretch(1);
  setWidget(content);
  connect(&context_.bridge, &ClusterBridge::host_known, this, &CreateForm::take_host);
  connect(&context_.bridge, &ClusterBridge::host_failed, this, &CreateForm::take_failure);
  retranslate();
}

void CreateForm::build_left(QVBoxLayout* column) {
  QFrame* card = make_card(this);
  auto* form = new QVBoxLayout(card);
  form->setContentsMargins(20, 16, 20, 16);
  form->setSpacing(12);
  auto* name = new QVBoxLayout;
  name->setSpacing(6);
  name_caption_ = make_label("strong", card);
  name_ = new QLineEdit(card);
  name_->setObjectName(QStringLiteral("cluster_name"));
  name_->setMaxLength(kMaxNameLength);
  name_caption_->setBuddy(name_);
  name_problem_ = paragraph("bad", card);
  name->addWidget(name_caption_);
  name->addWidget(name_);
  name->addWidget(name_problem_);
  form->addLayout(name);

  resources_ = new ResourceFields(context_.theme, QString(), card);
  form->addWidget(resources_);
  connect(resources_, &ResourceFields::changed, this, &CreateForm::validate);
  auto* net = new QVBoxLayout;
  net->setSpacing(4);
  network_caption_ = make_label("strong", card);
  user_ = new QRadioButton(card);
  user_->setObjectName(QStringLiteral("network_user"));
  nat_ = new QRadioButton(card);
  nat_->setObjectName(QStringLiteral("network_nat"));
  user_->setChecked(true);
  network_note_ = paragraph("small", card);
  net->addWidget(network_caption_);
  auto* modes = new QHBoxLayout;
  modes->addWidget(user_);
  modes->addWidget(nat_);
  modes->addStretch();
  net->addLayout(modes);
  net->addWidget(network_note_);
  form->addLayout(net);
  build_footer(form);
  column->addWidget(card);
  demo_ = new Banner(context_.theme, this);
  demo_->setObjectName(QStringLiteral("demo"));
  demo_->action()->setObjectName(QStringLiteral("create_demo"));
  connect(demo_, &Banner::activated, this, [this] { submit(true); });
  column->addWidget(demo_);
  column->addStretch();
  connect(name_, &QLineEdit::textChanged, this, &CreateForm::validate);
  connect(name_, &QLineEdit::returnPressed, this, [this] { submit(false); });
}

void CreateForm::build_footer(QVBoxLayout* form) {
  form->addWidget(make_line(this));
  auto* row = new QHBoxLayout;
  row->setSpacing(12);
  refusal_ = paragraph("muted", this);
  create_ = make_button("primary", this);
  create_->setObjectName(QStringLiteral("create"));
  create_->setMinimumWidth(140);
  row->addWidget(refusal_, 1);
  row->addWidget(create_);
  form->addLayout(row);
  connect(create_, &QPushButton::clicked, this, [this] { submit(false); });
}

void CreateForm::build_right(QVBoxLayout* column) {
  acceleration_ = new Banner(context_.theme, this);
  acceleration_->setObjectName(QStringLiteral("acceleration"));
  connect(acceleration_, &Banner::activated, this,
          [this] { context_.bridge.request_host(network()); });
  column->addWidget(acceleration_);
  computer_ = new FactCard(context_.theme, QStringLiteral("server"), this);
  computer_cpus_ = computer_->add_text();
  computer_memory_ = computer_->add_text();
  computer_disk_ = computer_->add_text();
  computer_backend_ = computer_->add_text();
  computer_image_ = computer_->add_text();
  column->addWidget(computer_);

  QFrame* card = make_card(this);
  auto* form = new QVBoxLayout(card);
  form->setContentsMargins(20, 16, 20, 20);
  form->setSpacing(4);
  mirrors_caption_ = make_label("strong", card);
  mirrors_ = new MirrorFields(QString(), card);
  mirrors_caption_->setBuddy(mirrors_);
  proxy_caption_ = make_label("strong", card);
  proxy_ = new ProxyFields(QString(), card);
  form->addWidget(mirrors_caption_);
  form->addSpacing(2);
  form->addWidget(mirrors_);
  form->addSpacing(10);
  form->addWidget(proxy_caption_);
  form->addSpacing(2);
  form->addWidget(proxy_);
  column->addWidget(card);
  column->addStretch();
  connect(nat_, &QRadioButton::toggled, this, [this] {
    host_.reset();
    host_error_.reset();
    refresh_host();
    context_.bridge.request_host(network());
  });
  connect(mirrors_, &MirrorFields::changed, this, &CreateForm::validate);
  connect(proxy_, &ProxyFields::changed, this, &CreateForm::validate);
}

void CreateForm::begin(const QString& name) {
  QString proposal = name.isEmpty() ? QStringLiteral("cove") : name;
  for (int i = 2; name.isEmpty() && context_.clusters.find(proposal.toStdString()); ++i) {
    proposal = QStringLiteral("cove-%1").arg(i);
  }
  name_->setText(proposal);
  proxy_->set_values(context_.proxy);
  name_->setFocus();
  name_->selectAll();
  context_.bridge.request_host(network());
  refresh_host();
}

void CreateForm::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QScrollArea::changeEvent(event);
}

void CreateForm::retranslate() {
  headline_->setText(tr("Create a cluster"));
  lead_->setText(
      tr("A Kubernetes cluster of your own in one small virtual machine. kubectl finds it by "
         "itself, and nothing else on this computer is changed."));
  name_caption_->setText(tr("Name"));
  name_->setAccessibleName(tr("Name of the cluster"));
  network_caption_->setText(tr("Network"));
  user_->setText(tr("User mode"));
  nat_->setText(tr("NAT network"));
  mirrors_caption_->setText(tr("Registry mirrors"));
  proxy_caption_->setText(tr("Proxy for pulls and builds"));
  computer_->set_title(tr("This computer"));
  create_->setText(tr("Create"));
  demo_->show_message(
      Tone::kNeutral, QStringLiteral("tour"), tr("Try it: the k8s-demo in two minutes"),
      tr("An image, ten pods behind one address, a rolling update and the way back."));
  demo_->set_action(tr("Create and try it"));
  refresh_host();
}

vm::NetworkMode CreateForm::network() const {
  return nat_->isChecked() ? vm::NetworkMode::kNat : vm::NetworkMode::kUser;
}

void CreateForm::take_host(vm::NetworkMode asked, const provision::HostFacts& facts) {
  if (asked != network()) return;
  host_ = facts;
  host_error_.reset();
  resources_->set_host(facts);
  refresh_host();
}

void CreateForm::take_failure(vm::NetworkMode asked, const Error& error) {
  if (asked != network()) return;
  host_.reset();
  host_error_ = error;
  refresh_host();
}

void CreateForm::refresh_host() {
  network_note_->setText(nat_->isChecked()
                             ? tr("The virtual machine gets an address of its own on a network of "
                                  "the system's libvirt. Needs membership in the libvirt group.")
                             : tr("Needs no privileges. The cluster answers on 127.0.0.1."));
  acceleration_->set_action({});
  if (host_error_) {
    acceleration_->show_message(Tone::kBad, QStringLiteral("error"), sentence_of(*host_error_),
                                remedy_of(*host_error_));
    acceleration_->set_action(tr("Try again"));
  } else if (!host_) {
    acceleration_->show_message(Tone::kNeutral, QStringLiteral("clock"),
                                tr("Looking at this computer…"),
                                tr("Which virtualization there is, and how much can be given."));
  } else if (host_->backend.acceleration == vm::Acceleration::kKvm) {
    acceleration_->show_message(Tone::kAccent, QStringLiteral("bolt"),
                                tr("Hardware virtualization (KVM) works here"),
                                tr("Starts in seconds and runs at full speed."));
  } else {
    const QString note = told(host_->backend.acceleration_note);
    acceleration_->show_message(
        Tone::kBusy, QStringLiteral("info"), tr("Software emulation: it works, but slower"),
        note.isEmpty() ? tr("Hardware virtualization (KVM) is not usable on this computer.")
                       : note);
  }
  computer_->setVisible(host_.has_value());
  if (host_) {
    computer_->set(computer_cpus_, tr("CPUs"), QString::number(host_->cpus));
    computer_->set(computer_memory_, tr("Memory"),
                   tr("%1, %2 available")
                       .arg(mebibytes(host_->memory_mib), mebibytes(host_->memory_available_mib)));
    computer_->set(computer_disk_, tr("Disk"),
                   tr("%1 free").arg(mebibytes(host_->disk_free_gib * 1024)));
    computer_->set(computer_backend_, tr("Runs with"),
                   QString::fromStdString(host_->backend.version));
    computer_->set(computer_image_, tr("System image"),
                   QString::fromStdString(host_->image_version));
  }
  validate();
}

QString CreateForm::name_problem() const {
  const QString name = name_->text();
  if (name.isEmpty()) return tr("Give it a name.");
  if (provision::check_profile_name(name.toStdString()).has_error()) {
    return tr("Lowercase letters, digits and “-”, starting with a letter, ending without “-”.");
  }
  if (context_.clusters.find(name.toStdString())) {
    return tr("There is a cluster of this name already.");
  }
  return {};
}

void CreateForm::validate() {
  const QString problem = name_problem();
  name_problem_->setText(problem);
  name_problem_->setVisible(!problem.isEmpty());
  name_->setAccessibleDescription(problem);
  QString refusal = mirrors_->problem();
  if (refusal.isEmpty()) refusal = proxy_->problem();
  if (resources_->refused()) refusal = tr("More is asked for than this computer can give.");
  refusal_->setText(refusal);
  create_->setEnabled(problem.isEmpty() && refusal.isEmpty() && host_.has_value());
  demo_->action()->setEnabled(create_->isEnabled());
}

void CreateForm::submit(bool demo) {
  if (!create_->isEnabled()) return;
  OperationRequest request;
  request.kind = OperationKind::kStart;
  request.create = true;
  request.profile = name_->text().toStdString();
  const provision::Resources resources = resources_->values();
  request.start.cpus = resources.cpus;
  request.start.memory_mib = resources.memory_mib;
  request.start.disk_gib = resources.disk_gib;
  request.start.network = network();
  request.start.registry_mirrors = mirrors_->values();
  const provision::Proxy proxy = proxy_->values();
  request.start.http_proxy = proxy.http;
  request.start.https_proxy = proxy.https;
  request.start.no_proxy = proxy.no_proxy;
  Q_EMIT submitted(request, demo);
}

}  // namespace cove::ui
