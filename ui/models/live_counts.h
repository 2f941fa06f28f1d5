// LiveCounts: how many of the things the navigation counts are alive, and how many fail.
#pragma once

#include <QObject>
#include <QTimer>
#include <map>
#include <memory>
#include <unordered_map>

#include "ui/models/connection.h"

namespace cove::ui {

struct LiveCount {
  int alive = 0;  // of pods: what has not ended
  int bad = 0;
  bool operator==(const LiveCount&) const = default;
};

// GUI thread. Deployments, pods, Services and their endpoints are followed as long as it lives; an
// object that changes costs a look at that object alone.
class LiveCounts : public QObject {
  Q_OBJECT
 public:
  LiveCounts(ApiSession& api, const Clock& clock, QObject* parent = nullptr);

  LiveCount deployments() const { return deployments_.count; }
  LiveCount pods() const { return pods_.count; }
  LiveCount services() const;
  Connection connection() const { return connection_of(api_, collections_); }

 Q_SIGNALS:
  // Soon after something of it changed; several changes at once.
  void changed();

 private:
  enum class Mark { kAlive, kBad, kOver };
  struct Tally {
    LiveCount count;
    std::unordered_map<std::string, Mark> marks;
    void put(const std::string& key, Mark mark);
    void drop(const std::string& key);
  };
  using Look = std::function<Mark(const api::Object&)>;

  void follow(const client::Resource& resource, Tally& tally, Look look);
  void follow_endpoints();
  void soon();

  ApiSession& api_;
  QTimer soon_;
  std::vector<std::shared_ptr<LiveCollection>> collections_;
  Tally deployments_;
  Tally pods_;
  Tally services_;  // kBad: it has a selector, and answers only with endpoints
  std::map<std::string, std::pair<std::string, int>> slices_;  // by key: Service, ready endpoints
  std::unordered_map<std::string, int> ready_;                 // by Service
};

}  // namespace cove::ui
