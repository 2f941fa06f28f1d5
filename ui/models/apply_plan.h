// ApplyPlan: objects from manifests, what applying them would change, and what it has changed.
#pragma once

#include <QAbstractTableModel>
#include <map>
#include <set>

#include "ui/bridge/api_session.h"
#include "ui/bridge/manifest_reader.h"
#include "ui/models/object_model.h"

namespace cove::ui {

struct ApplyEntry {
  enum class State {
    kWaiting,    // to be asked about
    kCreate,     // would be created
    kChange,     // would be changed
    kSame,       // is so already
    kUnchecked,  // the server cannot say before what it stands on is there
    kConflict,   // other managers own fields of it
    kRefused,    // the server says no, or it cannot be asked
    kApplying,
    kCreated,
    kChanged,
    kFailed,
    kNotApplied  // was to be applied and was left out; message says why
  };
  State state = State::kWaiting;
  QString source;
  int line = 0;
  QString kind, name, name_space;
  // YAML without what the server counts and keeps; empty: it is not there.
  QString before, after;
  QString message;         // of kRefused, kFailed, kUnchecked, kNotApplied and kConflict
  int message_line = 0;    // in the source; 0: none
  QStringList managers;    // of kConflict, each with its fields
  bool take_over = false;  // apply with force

  api::ManifestPart part;
  std::string resource_path;  // without the name; empty until it is known
};

// GUI thread. Objects stand in the order they are applied: namespaces and definitions first, what
// stands on others later. Checked by a server-side dry run, applied by server-side apply as the
// field manager "cove"; one request at a time, each result shown for itself.
class ApplyPlan : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { kAction, kObject, kNamespace, kSource, kColumns };
  enum class Phase { kEmpty, kChecking, kChecked, kApplying, kApplied };

  explicit ApplyPlan(ApiSession& api, QObject* parent = nullptr);

  // Begins anew with these.
  void check(std::vector<ManifestObject> objects);
  void check_again();
  void clear();
  // Of an entry in conflict: takes the fields from their managers (or not), and looks again.
  void take_over(int row, bool force);
  // Applies what would be created or changed or could not be checked; leaves out what is refused or
  // in conflict, and says so.
  void apply();

  Phase phase() const { return phase_; }
  const ApplyEntry& at(int row) const { return entries_[static_cast<std::size_t>(row)]; }
  int count(std::initializer_list<ApplyEntry::State> states) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  void retranslate();

 Q_SIGNALS:
  void changed();

 private:
  struct Kind {
    std::string plural;
    bool namespaced = true;
  };
  using Found = std::function<void(std::optional<client::ApiError>)>;

  void next_check();
  void check_entry(std::size_t row);
  void dry_run(std::size_t row);
  void take_dry_run(std::size_t row, const client::ApiResult<client::ApiResponse>& answer);
  void next_apply();
  void apply_entry(std::size_t row);
  void take_applied(std::size_t row, const client::ApiResult<client::ApiResponse>& answer);
  // What makes requests of a group version known; the answer is kept for this plan.
  void discover(const std::string& api_version, Found done);
  void locate(std::size_t row, Found done);
  client::ApiRequest request_of(const ApplyEntry& entry, bool dry_run) const;
  void refuse(std::size_t row, const client::ApiError& error, ApplyEntry::State state);
  bool made_here(std::string_view kind, const std::string& name) const;
  bool defined_here(const ApplyEntry& entry) const;
  void set_state(std::size_t row, ApplyEntry::State state);
  void enter(Phase phase);

  ApiSession& api_;
  std::vector<ApplyEntry> entries_;
  std::map<std::string, std::map<std::string, Kind>> kinds_;  // by group version, by kind
  Phase phase_ = Phase::kEmpty;
  std::size_t at_ = 0;
  quint64 generation_ = 0;  // of checks; answers to former ones are dropped
  int definition_tries_ = 0;
};

QString text_of(ApplyEntry::State state);
ObjectState object_state(ApplyEntry::State state);

}  // namespace cove::ui
