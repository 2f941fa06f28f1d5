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
  int alive = 0;    // of pods and Jobs: what has not ended
  int bad = 0;      // of those that are alive, and Jobs that have failed
  int waiting = 0;  // likewise, for something that may still come by itself
  bool operator==(const LiveCount&) const = default;
};

// GUI thread. What it counts and the Services' endpoints are followed as long as it lives; an
// object that changes costs a look at that object alone.
class LiveCounts : public QObject {
  Q_OBJECT
 public:
  LiveCounts(ApiSession& api, const Clock& clock, QObject* parent = nullptr);

  LiveCount deployments() const { return deployments_.count; }
  LiveCount pods() const { return pods_.count; }
  // Bad ones need endpoints and have none that is ready.
  LiveCount services() const;
  LiveCount jobs() const { return jobs_.count; }
  // Lost claims are bad, pending ones wait.
  LiveCount claims() const { return claims_.count; }
  // Bad ones lead to a Service that is not there or has no ready endpoint; those without an address
  // wait.
  LiveCount ingresses() const;
  // The line to Deployments, pods and Services; whoever may not see more is not cut off.
  Connection connection() const { return connection_of(api_, collections_); }

 Q_SIGNALS:
  // Soon after something of it changed; several changes at once.
  void changed();

 private:
  enum class Mark { kAlive, kWaiting, kBad, kOver };
  struct Tally {
    LiveCount count;
    std::unordered_map<std::string, Mark> marks;
    void put(const std::string& key, Mark mark);
    void drop(const std::string& key);
  };
  // An Ingress.
  struct Route {
    std::vector<std::string> services;  // that it leads to
    bool addressed = false;
  };
  using Look = std::function<Mark(const api::Object&)>;

  using Collections = std::vector<std::shared_ptr<LiveCollection>>;

  void follow(Collections& among, const client::Resource& resource, Tally& tally, Look look);
  void follow_endpoints();
  void follow_ingresses();
  void soon();

  ApiSession& api_;
  QTimer soon_;
  Collections collections_;  // connection() is of these; the last are the endpoints
  Collections sides_;
  Tally deployments_;
  Tally pods_;
  Tally jobs_;
  Tally claims_;
  Tally services_;  // kBad: it has a selector, and answers only with endpoints
  std::map<std::string, std::pair<std::string, int>> slices_;  // by key: Service, ready endpoints
  std::unordered_map<std::string, int> ready_;                 // by Service
  std::unordered_map<std::string, Route> ingresses_;
};

}  // namespace cove::ui
