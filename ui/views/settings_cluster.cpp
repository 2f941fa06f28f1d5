// Preferences of a cluster: its resources, registries and proxy.
#include <algorithm>
#include <utility>

#include "ui/models/text.h"
#include "ui/views/cluster_fields.h"
#include "ui/views/settings_section.h"
#include "ui/widgets/fact_card.h"

namespace cove::ui {
namespace {

class ResourcesSection final : public ClusterSection {
  Q_OBJECT
 public:
  ResourcesSection(const SettingsParts& parts, QWidget* parent)
      : ClusterSection(parts, QStringLiteral("resources_"), parent),
        sliders_(new ResourceFields(parts.page.theme, QStringLiteral("settings_"), this)),
        network_(make_label("secondary", this)),
        restart_(new Banner(parts.page.theme, this)) {
    network_->setWordWrap(true);
    network_->setObjectName(QStringLiteral("settings_network"));
    fields_->addWidget(sliders_);
    fields_->addWidget(make_line(this));
    fields_->addWidget(network_);
    restart_->setObjectName(QStringLiteral("restart_banner"));
    restart_->action()->setObjectName(QStringLiteral("restart_now"));
    below_->addWidget(restart_);
    connect(sliders_, &ResourceFields::changed, this, &ResourcesSection::edited);
    connect(restart_, &Banner::activated, this, [this] { run(OperationKind::kRestart); });
    connect(&parts.page.bridge, &ClusterBridge::host_known, this,
            [this](vm::NetworkMode network, const provision::HostFacts& facts) {
              if (!asked(network)) return;
              sliders_->set_host(facts, given());
              follow();
            });
    retranslate();
    follow();
  }

  void begin() override {
    if (status()) parts_.page.bridge.request_host(status()->wish.network);
  }

 protected:
  void fill(const provision::ClusterStatus& status) override {
    sliders_->set_smallest_disk(status.wish.resources.disk_gib);
    sliders_->set_values(status.wish.resources);
    if (std::exchange(asked_for_, status.profile) != status.profile && isVisible()) begin();
  }
  bool differs(const provision::Wish& wish) const override {
    return sliders_->ready() && sliders_->values() != wish.resources;
  }
  QString problem() const override {
    return sliders_->refused() ? tr("More is asked for than this computer can give.") : QString();
  }
  provision::StartRequest wanted() const override {
    const provision::Resources resources = sliders_->values();
    provision::StartRequest request;
    request.cpus = resources.cpus;
    request.memory_mib = resources.memory_mib;
    request.disk_gib = resources.disk_gib;
    return request;
  }
  QString effect() const override {
    return has_machine() ? tr("A change counts from the machine's next boot; a disk grows only.")
                         : tr("A change counts from the next start; a disk grows only.");
  }
  void refresh() override {
    set_head(tr("Cluster"),
             status() ? tr("What the virtual machine of %1 gets of this computer.").arg(profile())
                      : QString());
    if (!status()) return;
    network_->setText(tr("Network: %1. It is chosen when the cluster is made.")
                          .arg(text_of(status()->wish.network)));
    const provision::Resources& booted = status()->booted;
    const bool waits = has_machine() && booted != status()->wish.resources;
    restart_->setVisible(waits);
    if (!waits) return;
    restart_->show_message(
        Tone::kBusy, QStringLiteral("refresh"), tr("The new sizes wait for a restart"),
        tr("The machine still has %1 CPUs, %2 of memory and a disk of %3. A restart ends what runs "
           "in it and starts it again; everything on the disk is kept.")
            .arg(QString::number(booted.cpus), mebibytes(booted.memory_mib),
                 mebibytes(booted.disk_gib * 1024)));
    restart_->set_action(tr("Restart now"));
    restart_->action()->setEnabled(free());
  }

 private:
  std::uint64_t given() const {
    return status() && status()->phase == provision::Phase::kRunning ? status()->booted.memory_mib
                                                                     : 0;
  }
  std::string asked_for_;
  ResourceFields* sliders_;
  QLabel* network_;
  Banner* restart_;
};

class RegistriesSection final : public ClusterSection {
  Q_OBJECT
 public:
  RegistriesSection(const SettingsParts& parts, QWidget* parent)
      : ClusterSection(parts, QStringLiteral("registries_"), parent),
        caption_(make_label("strong", this)),
        mirrors_(new MirrorFields(QStringLiteral("settings_"), this)) {
    caption_->setBuddy(mirrors_);
    fields_->addWidget(caption_);
    fields_->addWidget(mirrors_);
    connect(mirrors_, &MirrorFields::changed, this, &RegistriesSection::edited);
    retranslate();
    follow();
  }

 protected:
  void fill(const provision::ClusterStatus& status) override {
    mirrors_->set_values(status.wish.registry_mirrors);
  }
  bool differs(const provision::Wish& wish) const override {
    return mirrors_->values() != wish.registry_mirrors;
  }
  QString problem() const override { return mirrors_->problem(); }
  provision::StartRequest wanted() const override {
    provision::StartRequest request;
    request.registry_mirrors = mirrors_->values();
    return request;
  }
  QString effect() const override { return when_told(status()); }
  void refresh() override {
    set_head(
        tr("Registries"),
        status() ? tr("Where %1 looks for images of Docker Hub first.").arg(profile()) : QString());
    caption_->setText(tr("Registry mirrors"));
  }

 public:
  // Mirrors and proxies, which a running node can be told.
  static QString when_told(const provision::ClusterStatus* status) {
    const bool runs = status && status->phase == provision::Phase::kRunning;
    return runs ? tr("A change counts at once, and containers go on.")
                : tr("A change counts from the next start.");
  }

 private:
  QLabel* caption_;
  MirrorFields* mirrors_;
};

class ProxySection final : public ClusterSection {
  Q_OBJECT
 public:
  ProxySection(const SettingsParts& parts, QWidget* parent)
      : ClusterSection(parts, QStringLiteral("proxy_"), parent),
        proxy_(new ProxyFields(QStringLiteral("settings_"), this)),
        note_(make_label("small", this)),
        found_(new Banner(parts.page.theme, this)) {
    note_->setWordWrap(true);
    fields_->addWidget(proxy_);
    fields_->addWidget(note_);
    found_->setObjectName(QStringLiteral("proxy_found"));
    found_->action()->setObjectName(QStringLiteral("proxy_take"));
    below_->addWidget(found_);
    connect(found_, &Banner::activated, this, [this] { proxy_->set_values(parts_.page.proxy); });
    connect(proxy_, &ProxyFields::changed, this, &ProxySection::edited);
    retranslate();
    follow();
  }

 protected:
  void fill(const provision::ClusterStatus& status) override {
    proxy_->set_values(status.wish.proxy);
  }
  bool differs(const provision::Wish& wish) const override {
    return proxy_->values() != wish.proxy;
  }
  QString problem() const override { return proxy_->problem(); }
  provision::StartRequest wanted() const override {
    const provision::Proxy proxy = proxy_->values();
    provision::StartRequest request;
    request.http_proxy = proxy.http;
    request.https_proxy = proxy.https;
    request.no_proxy = proxy.no_proxy;
    return request;
  }
  QString effect() const override { return RegistriesSection::when_told(status()); }
  void refresh() override {
    set_head(tr("Proxy"), status()
                              ? tr("What pulls and builds in %1 go through to registries and other "
                                   "addresses.")
                                    .arg(profile())
                              : QString());
    note_->setText(
        tr("A proxy on this computer is found from inside, too. A password stays in a file that "
           "only you can read, and is not shown again."));
    const provision::Proxy& here = parts_.page.proxy;
    const bool offered = !here.empty() && proxy_->values() != here;
    found_->setVisible(offered);
    if (!offered) return;
    const std::string& shown = here.https.empty() ? here.http : here.https;
    found_->show_message(
        Tone::kNeutral, QStringLiteral("network"), tr("This computer uses a proxy"),
        tr("Its environment says %1.").arg(QString::fromStdString(provision::shown_proxy(shown))));
    found_->set_action(tr("Take it"));
  }

 private:
  ProxyFields* proxy_;
  QLabel* note_;
  Banner* found_;
};

class ImageSection final : public ClusterSection {
  Q_OBJECT
 public:
  ImageSection(const SettingsParts& parts, QWidget* parent)
      : ClusterSection(parts, QString(), parent),
        state_(new Banner(parts.page.theme, this)),
        card_(new FactCard(parts.page.theme, QStringLiteral("package"), this)) {
    state_->setObjectName(QStringLiteral("image_state"));
    state_->action()->setObjectName(QStringLiteral("image_update"));
    card_->setObjectName(QStringLiteral("image_card"));
    runs_ = card_->add_text();
    brings_ = card_->add_text();
    command_ = card_->add_copy(QStringLiteral("image_command_copy"));
    below_->addWidget(state_);
    below_->addWidget(card_);
    connect(state_, &Banner::activated, this, [this] {
      if (error_) return begin();
      run(OperationKind::kRestart);
    });
    connect(&parts.page.bridge, &ClusterBridge::host_known, this,
            [this](vm::NetworkMode network, const provision::HostFacts& facts) {
              if (!asked(network)) return;
              host_ = facts;
              error_.reset();
              refresh();
            });
    connect(&parts.page.bridge, &ClusterBridge::host_failed, this,
            [this](vm::NetworkMode network, const Error& error) {
              if (!asked(network)) return;
              error_ = error;
              refresh();
            });
    retranslate();
    follow();
  }

  void begin() override {
    if (status()) parts_.page.bridge.request_host(status()->wish.network);
  }

 protected:
  void refresh() override {
    set_head(tr("System image"),
             tr("The operating system inside the virtual machine comes with Cove as one read-only "
                "image. Every boot takes the one that is installed; the data disk stays."));
    if (!status()) return;
    if (std::exchange(asked_for_, status()->profile) != status()->profile) {
      host_.reset();
      error_.reset();
      if (isVisible()) begin();
    }
    card_->set_title(profile());
    const QString newest =
        host_ ? version_text(host_->image_version, host_->image_digest) : QString();
    card_->set(runs_, tr("Booted last"),
               status()->image_digest.empty()
                   ? tr("none yet")
                   : version_text(status()->image_version, status()->image_digest));
    card_->set(brings_, tr("Installed with Cove"), newest);
    const std::string profile = status()->profile;
    card_->set(command_, tr("In a terminal"),
               profile == provision::kDefaultProfile
                   ? QStringLiteral("cove restart")
                   : QStringLiteral("cove restart -p %1").arg(QString::fromStdString(profile)));
    show_banner();
  }

 private:
  static QString version_text(const std::string& version, const std::string& digest) {
    constexpr std::size_t kShort = 12;
    const std::string hex = digest.substr(std::min(digest.size(), digest.find(':') + 1));
    const QString shown = QString::fromStdString(hex.substr(0, kShort));
    if (version.empty()) return shown;
    return QStringLiteral("%1 (%2)").arg(QString::fromStdString(version), shown);
  }

  void show_banner() {
    state_->set_action({});
    if (error_) {
      state_->show_message(Tone::kBad, QStringLiteral("error"), sentence_of(*error_),
                           remedy_of(*error_));
      state_->set_action(tr("Try again"));
    } else if (!host_) {
      state_->show_message(Tone::kNeutral, QStringLiteral("clock"), tr("Looking…"), {});
    } else if (status()->image_digest.empty() || !has_machine()) {
      const bool same = host_->image_digest == status()->image_digest;
      state_->show_message(
          Tone::kNeutral, QStringLiteral("info"),
          same ? tr("It is the installed one") : tr("The next start uses the installed one"),
          same ? QString() : tr("Nothing else is to be done; the data is kept."));
    } else if (host_->image_digest == status()->image_digest) {
      state_->show_message(Tone::kAccent, QStringLiteral("check"), tr("It is up to date"),
                           tr("The machine runs the image that is installed."));
    } else {
      state_->show_message(
          Tone::kBusy, QStringLiteral("refresh"), tr("Another image is installed"),
          tr("The next start uses it. Updating now shuts the machine down and boots it anew: what "
             "runs in it ends and starts again, the data is kept."));
      state_->set_action(tr("Update now"));
      state_->action()->setEnabled(free());
    }
  }

  std::string asked_for_;
  std::optional<provision::HostFacts> host_;
  std::optional<Error> error_;
  Banner* state_;
  FactCard* card_;
  int runs_, brings_, command_;
};

}  // namespace

QWidget* make_resources_section(const SettingsParts& parts, QWidget* parent) {
  return new ResourcesSection(parts, parent);
}
QWidget* make_registries_section(const SettingsParts& parts, QWidget* parent) {
  return new RegistriesSection(parts, parent);
}
QWidget* make_proxy_section(const SettingsParts& parts, QWidget* parent) {
  return new ProxySection(parts, parent);
}
QWidget* make_image_section(const SettingsParts& parts, QWidget* parent) {
  return new ImageSection(parts, parent);
}

}  // namespace cove::ui

#include "settings_cluster.moc"
