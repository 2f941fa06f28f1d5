#include "core/proxy/rule_writer.h"

#include <chrono>
#include <utility>

namespace cove::proxy {
namespace {

constexpr std::chrono::seconds kHealEvery{2};

}  // namespace

Result<std::unique_ptr<RuleWriter>> RuleWriter::start(const network::ServiceTable::Parts& parts,
                                                      Logger& logger) {
  COVE_TRY(auto services, network::ServiceTable::open(parts));
  COVE_TRY(auto policies, network::PolicyTable::open(parts.directory));
  std::unique_ptr<RuleWriter> writer(
      new RuleWriter(std::move(services), std::move(policies), logger));
  writer->thread_ = std::thread([self = writer.get()] { self->run(); });
  return writer;
}

RuleWriter::~RuleWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void RuleWriter::replace(network::ServicePorts all) {
  const std::lock_guard lock(mutex_);
  work_.all = std::move(all);
  work_.changes.clear();
  wake_.notify_all();
}

void RuleWriter::change(std::map<std::string, std::optional<network::ServicePort>> changes) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, port] : changes) work_.changes.insert_or_assign(name, std::move(port));
  wake_.notify_all();
}

void RuleWriter::set_policies(std::function<network::PolicyRules()> plan) {
  const std::lock_guard lock(mutex_);
  work_.policies = std::move(plan);
  wake_.notify_all();
}

void RuleWriter::note(const char* what, const Result<void>& done) {
  const std::string failure = done ? std::string() : done.error().message();
  std::string& last = failures_[what];
  if (!failure.empty() && failure != last)
    logger_.error("packet rules are not what they should be",
                  {{"rules", what}, {"cause", failure}});
  last = failure;
}

void RuleWriter::write(const Work& work) {
  // Nobody is reached by a new way before it is said who may.
  if (work.policies) {
    note("policies", policies_.apply(work.policies()));
    has_policies_ = true;
  }
  if (work.all) {
    note("services", services_.replace(*work.all));
    has_services_ = true;
  }
  if (!work.changes.empty()) note("services", services_.change(work.changes));
}

void RuleWriter::heal() {
  const auto look = [&](const char* what, const Result<bool>& healed) {
    if (healed && *healed && failures_[what].empty())
      logger_.warn("packet rules had vanished and were made again", {{"rules", what}});
    note(what, healed ? Result<void>() : Result<void>(healed.error()));
  };
  if (has_services_) look("services", services_.heal());
  if (has_policies_) look("policies", policies_.heal());
}

void RuleWriter::run() {
  std::unique_lock lock(mutex_);
  auto next_look = std::chrono::steady_clock::now() + kHealEvery;
  while (true) {
    wake_.wait_until(lock, next_look, [&] { return stopping_ || !work_.empty(); });
    if (stopping_) return;
    const Work work = std::exchange(work_, {});
    lock.unlock();
    write(work);
    if (const auto now = std::chrono::steady_clock::now(); now >= next_look) {
      heal();
      next_look = now + kHealEvery;
    }
    if (has_services_ && has_policies_ && failures_["services"].empty() &&
        failures_["policies"].empty())
      synced_ = true;
    lock.lock();
  }
}

}  // namespace cove::proxy
