#include "core/proxy/rule_writer.h"

#include <chrono>

namespace cove::proxy {
namespace {

constexpr std::chrono::seconds kHealEvery{2};

}  // namespace

Result<std::unique_ptr<RuleWriter>> RuleWriter::start(const network::ServiceTable::Parts& parts,
                                                      Logger& logger) {
  COVE_TRY(auto table, network::ServiceTable::open(parts));
  std::unique_ptr<RuleWriter> writer(new RuleWriter(std::move(table), logger));
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
  all_ = std::move(all);
  changes_.clear();
  wake_.notify_all();
}

void RuleWriter::change(std::map<std::string, std::optional<network::ServicePort>> changes) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, port] : changes) changes_.insert_or_assign(name, std::move(port));
  wake_.notify_all();
}

void RuleWriter::note(const Result<void>& done) {
  const std::string failure = done ? std::string() : done.error().message();
  if (!failure.empty() && failure != last_failure_)
    logger_.error("services have no packet rules", {{"cause", failure}});
  last_failure_ = failure;
}

void RuleWriter::run() {
  std::unique_lock lock(mutex_);
  bool first = false;
  while (true) {
    wake_.wait_for(lock, kHealEvery, [&] { return stopping_ || all_ || !changes_.empty(); });
    if (stopping_) return;
    const auto all = std::exchange(all_, std::nullopt);
    const auto changes = std::exchange(changes_, {});
    lock.unlock();
    if (all) {
      const auto done = table_.replace(*all);
      note(done);
      first = true;
      if (done) synced_ = true;
    }
    if (!changes.empty()) note(table_.change(changes));
    if (first && !all && changes.empty()) {
      const auto healed = table_.heal();
      if (!healed) {
        note(healed.error());
      } else {
        if (*healed) logger_.warn("packet rules of services had vanished and were made again");
        synced_ = true;
        note({});
      }
    }
    lock.lock();
  }
}

}  // namespace cove::proxy
