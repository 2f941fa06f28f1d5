#include "ui/models/diagnosis_model.h"

#include <QCoreApplication>
#include <algorithm>

#include "ui/models/sentences.h"

namespace cove::ui {
namespace {

struct Diagnosis {
  Q_DECLARE_TR_FUNCTIONS(Diagnosis)
};

QString title_of(const std::string& id) {
  if (id == "libvirt") return QStringLiteral("libvirt");
  if (id == "virtualization") return Diagnosis::tr("Virtualization");
  if (id == "image") return Diagnosis::tr("System image");
  if (id == "disk") return Diagnosis::tr("Disk");
  if (id == "memory") return Diagnosis::tr("Memory");
  if (id == "proxy") return Diagnosis::tr("Proxy");
  if (id == "dns") return QStringLiteral("DNS");
  if (id == "clock") return Diagnosis::tr("Clock");
  if (id == "ports") return Diagnosis::tr("Ports");
  if (id == "certificates") return Diagnosis::tr("Certificates");
  if (id == "api") return Diagnosis::tr("API server");
  if (id == "node") return Diagnosis::tr("Node");
  return QString::fromStdString(id);
}

struct Said {
  QString finding;
  QString fix;
};

// By check and code; what this version does not know is said in English.
Said said(const provision::Finding& each) {
  const std::string what = each.id + "/" + each.code;
  const auto value = [&](std::size_t i) {
    return i < each.values.size() ? QString::fromStdString(each.values[i]) : QString();
  };
  if (each.code == "not-running")
    return {Diagnosis::tr("The cluster is not running"),
            Diagnosis::tr("Start it, then check again.")};
  if (what == "libvirt/unasked")
    return {Diagnosis::tr("It has not answered yet"), Diagnosis::tr("Check again in a moment.")};
  if (each.code == "unasked") return {Diagnosis::tr("It is not known without libvirt"), {}};
  if (what == "libvirt/answers" || what == "api/answers")
    return {Diagnosis::tr("%1 answers").arg(value(0)), {}};
  if (what == "virtualization/kvm")
    return {Diagnosis::tr("KVM works: machines run at full speed"), {}};
  if (what == "virtualization/software")
    return {
        Diagnosis::tr("Software emulation, several times slower: %1").arg(told(value(0))),
        Diagnosis::tr("Switch virtualization on in the firmware's settings and let this account "
                      "use /dev/kvm.")};
  if (what == "image/there") return {Diagnosis::tr("Version %1").arg(value(0)), {}};
  if (what == "image/missing")
    return {Diagnosis::tr("The system image is missing"),
            Diagnosis::tr("Install the package again, or build the image.")};
  if (what == "disk/enough") return {Diagnosis::tr("%1 GiB are free").arg(value(0)), {}};
  if (what == "disk/little")
    return {Diagnosis::tr("Only %1 GiB are free where clusters are kept").arg(value(0)),
            Diagnosis::tr("Free some disk space before you pull large images.")};
  if (what == "disk/full")
    return {
        Diagnosis::tr("Less than 1 GiB is free where clusters are kept"),
        Diagnosis::tr("Free some disk space, or set XDG_DATA_HOME to a folder on a larger disk.")};
  if (what == "memory/enough")
    return {Diagnosis::tr("%1 of %2 MiB are free").arg(value(0), value(1)), {}};
  if (what == "memory/little")
    return {Diagnosis::tr("Only %1 of %2 MiB are free").arg(value(0), value(1)),
            Diagnosis::tr("Close other programs, or give the cluster less.")};
  if (what == "proxy/none") return {Diagnosis::tr("No proxy is set"), {}};
  if (what == "proxy/set") return {Diagnosis::tr("%1 is set").arg(value(0)), {}};
  if (what == "proxy/swallows")
    return {Diagnosis::tr("%1 is set, also for addresses of this computer").arg(value(0)),
            Diagnosis::tr("Add 127.0.0.1 and localhost to no_proxy, or kubectl and docker may not "
                          "reach the cluster.")};
  if (what == "dns/answers") return {Diagnosis::tr("%1 is known").arg(value(0)), {}};
  if (what == "dns/silent")
    return {Diagnosis::tr("%1 is not known: %2").arg(value(0), value(1)),
            Diagnosis::tr("Images cannot be pulled until the network's name server answers. Those "
                          "on the node go on working.")};
  if (what == "clock/plausible") return {Diagnosis::tr("Nothing speaks against it"), {}};
  if (what == "clock/behind")
    return {Diagnosis::tr("The clock is before the cluster's certificates were made"),
            Diagnosis::tr("Set this computer's date and time, best from the network.")};
  if (what == "ports/open") return {Diagnosis::tr("Open: %1").arg(value(0)), {}};
  if (what == "ports/none")
    return {Diagnosis::tr("No port of this computer leads to the cluster"),
            Diagnosis::tr("Stop the cluster and start it again.")};
  if (what == "certificates/none") return {Diagnosis::tr("There are no certificates yet"), {}};
  if (what == "certificates/valid") return {Diagnosis::tr("Valid for %1 days").arg(value(0)), {}};
  if (what == "certificates/soon")
    return {Diagnosis::tr("The client's certificate ends in %1 days").arg(value(0)),
            Diagnosis::tr("It is renewed at the next start.")};
  if (what == "certificates/expired")
    return {Diagnosis::tr("The client's certificate has expired"),
            Diagnosis::tr("Stop the cluster and start it again: it is renewed.")};
  if (what == "api/silent")
    return {Diagnosis::tr("%1 does not answer").arg(value(0)),
            Diagnosis::tr("Look at the console log; stop the cluster and start it again.")};
  if (what == "node/ready") return {Diagnosis::tr("%1 is ready").arg(value(0)), {}};
  if (what == "node/not-ready")
    return {Diagnosis::tr("The node is not ready"),
            Diagnosis::tr("Look at the console log and at the node's conditions.")};
  return {told(each.finding), told(each.fix)};
}

ObjectState state_of(provision::Health health) {
  switch (health) {
    case provision::Health::kGood: return ObjectState::kGood;
    case provision::Health::kWarning: return ObjectState::kBusy;
    case provision::Health::kBad: return ObjectState::kBad;
    case provision::Health::kUnknown: break;
  }
  return ObjectState::kOff;
}

// The order of keys is that of rows.
TableRow row_of(const provision::Finding& finding, std::size_t place) {
  const bool made = !finding.code.empty();
  const Said sentences = made ? said(finding) : Said{Diagnosis::tr("Checking…"), {}};
  const auto cell = [](const QString& text, ObjectState state = ObjectState::kNone) {
    return Cell{text, {}, state, text};
  };
  return {QStringLiteral("%1").arg(place, 3, 10, QLatin1Char('0')),
          {cell(title_of(finding.id), made ? state_of(finding.health) : ObjectState::kNone),
           cell(sentences.finding), cell(sentences.fix)}};
}

}  // namespace

DiagnosisModel::DiagnosisModel(QObject* parent)
    : RowsModel({{[] { return Diagnosis::tr("Check"); }, 150},
                 {[] { return Diagnosis::tr("Finding"); }, 330},
                 {[] { return Diagnosis::tr("What to do"); }}},
                parent) {}

void DiagnosisModel::begin() {
  made_ = 0;
  findings_.clear();
  for (const std::string& id : provision::diagnosis_checks()) {
    provision::Finding waiting;
    waiting.id = id;
    findings_.push_back(std::move(waiting));
  }
  show();
}

void DiagnosisModel::take(const provision::Finding& finding) {
  const auto found = std::ranges::find(findings_, finding.id, &provision::Finding::id);
  if (found == findings_.end()) return;
  if (found->code.empty()) ++made_;
  *found = finding;
  show();
}

int DiagnosisModel::count(provision::Health health) const {
  return static_cast<int>(std::ranges::count_if(findings_, [&](const provision::Finding& each) {
    return !each.code.empty() && each.health == health;
  }));
}

void DiagnosisModel::retranslate() {
  RowsModel::retranslate();
  show();
}

void DiagnosisModel::show() {
  std::vector<TableRow> rows;
  for (const provision::Finding& each : findings_) rows.push_back(row_of(each, rows.size()));
  set_rows(std::move(rows));
}

}  // namespace cove::ui
