// SampleApi: the cluster that pictures show, an API server in this process with something of
// everything.
#pragma once

#include "tests/support/cluster.h"
#include "tests/ui/scripted_channels.h"
#include "ui/bridge/api_session.h"

namespace cove::ui::test {

// sample_logs.cpp: every pod has written something.
std::unique_ptr<client::Transport> with_sample_logs(std::unique_ptr<client::Transport> inner,
                                                    const FakeClock& clock);

class SampleApi final : public ApiSource {
 public:
  SampleApi();

  const FakeClock& clock() const { return cluster_.clock; }
  Result<std::unique_ptr<client::Transport>> connect(const std::string& context,
                                                     Executor& executor) override;
  Result<std::vector<ContextEntry>> contexts() override;
  // By shells(), where who takes pictures plays what is in them.
  Result<std::unique_ptr<client::ChannelTransport>> connect_channels(const std::string& context,
                                                                     Executor& executor) override;
  ScriptedPods& shells() { return shells_; }

 private:
  using Json = boost::json::object;

  static Json template_of(int revision);
  void make_deployment();
  void make_replica_set(int revision);
  void make_pod(const std::string& name, const std::string& image, bool ready);
  void wait(const std::string& name, const std::string& reason, const std::string& message,
            int restarts);
  void make_services();
  void make_events();
  // sample_kinds.cpp
  void make_config();
  void make_storage();
  void make_ingresses();
  void make_jobs();
  void make_workloads();
  void make_custom();
  void make_rollout();
  void own_pod(const std::string& name, const std::string& image, const api::Object& set,
               const char* reason, const char* message);

  cove::test::Cluster cluster_;
  ScriptedPods shells_;
  std::string uid_;
};

}  // namespace cove::ui::test
