#include "core/scheduler/evaluation.h"

#include <fmt/format.h>

#include <algorithm>

namespace cove::scheduler {
namespace {

// Of many nodes only some are looked at.
constexpr std::size_t kAlwaysEnough = 100;

std::size_t enough(std::size_t nodes) {
  if (nodes <= kAlwaysEnough) return nodes;
  const std::size_t percent = std::max<std::size_t>(5, 50 - std::min<std::size_t>(50, nodes / 125));
  return std::max(kAlwaysEnough, nodes * percent / 100);
}

std::string join(const std::set<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

}  // namespace

void Nominations::set(const PodPtr& pod, const std::string& node) {
  if (node.empty()) {
    set_.erase(pod->uid);
  } else {
    set_.insert_or_assign(pod->uid, Nomination{pod, node});
  }
}

std::vector<PodPtr> Nominations::on(std::string_view node) const {
  std::vector<PodPtr> pods;
  for (const auto& [uid, nomination] : set_) {
    if (nomination.node == node) pods.push_back(nomination.pod);
  }
  return pods;
}

std::string_view Nominations::node_of(std::string_view uid) const {
  const auto found = set_.find(uid);
  return found == set_.end() ? std::string_view() : std::string_view(found->second.node);
}

Evaluation::Evaluation(PodPtr pod, const World& world, const Nominations& nominations)
    : pod_(std::move(pod)), nominations_(nominations) {
  for (const FilterPlugin& plugin : filter_plugins()) {
    Prepared prepared = plugin.prepare(pod_, world);
    if (!prepared.verdict.fits()) {
      everywhere_ = std::move(prepared.verdict);
      rejected_by_ = {plugin.name};
      return;
    }
    if (prepared.nodes) {
      chosen_by_.insert(plugin.name);
      if (only_) {
        std::erase_if(*only_, [&](const auto& name) { return !prepared.nodes->contains(name); });
      } else {
        only_ = std::move(prepared.nodes);
      }
    }
    if (prepared.filter) filters_.push_back({plugin.name, std::move(prepared.filter)});
  }
}

Verdict Evaluation::check_as_it_is(const NodeInfo& node) {
  for (const Named& each : filters_) {
    Verdict verdict = each.filter->check(node);
    if (verdict.fits()) continue;
    rejected_by_.insert(each.name);
    return verdict;
  }
  return {};
}

Verdict Evaluation::check(const NodeInfo& node) {
  std::vector<PodPtr> nominated = nominations_.on(node.name());
  std::erase_if(nominated, [&](const PodPtr& each) {
    return each->uid == pod_->uid || each->priority < pod_->priority;
  });
  if (nominated.empty()) return check_as_it_is(node);
  NodeInfo with = node;
  for (const PodPtr& each : nominated) {
    with.add(each);
    add(*each, with);
  }
  Verdict verdict = check_as_it_is(with);
  for (const PodPtr& each : nominated) remove(*each, with);
  // It must do without them as well: they may never come.
  return verdict.fits() ? check_as_it_is(node) : verdict;
}

void Evaluation::add(const PodInfo& pod, const NodeInfo& node) {
  for (const Named& each : filters_) each.filter->add(pod, node);
}

void Evaluation::remove(const PodInfo& pod, const NodeInfo& node) {
  for (const Named& each : filters_) each.filter->remove(pod, node);
}

std::string NoFit::message(std::string_view after) const {
  std::string text = fmt::format("0/{} nodes are available:", nodes);
  if (!everywhere.empty()) {
    text += fmt::format(" {}.", everywhere);
  } else {
    std::map<std::string, std::size_t> counts;
    for (const auto& [node, verdict] : told) {
      for (const std::string& reason : verdict.reasons) ++counts[reason];
    }
    if (told.size() < nodes) {
      for (const std::string& reason : others) counts[reason] += nodes - told.size();
    }
    std::vector<std::string> parts;
    for (const auto& [reason, count] : counts) parts.push_back(fmt::format("{} {}", count, reason));
    std::ranges::sort(parts);
    if (!parts.empty()) text += fmt::format(" {}.", fmt::join(parts, ", "));
  }
  if (!after.empty()) text += fmt::format(" {}", after);
  return text;
}

std::vector<const NodeInfo*> Chooser::fitting(Evaluation& evaluation, const World& world,
                                              NoFit& why) {
  const auto& all = world.cache.nodes();
  const PodInfo& pod = *evaluation.pod();
  // Where room was made for it, it goes when it can.
  if (const NodeInfo* const nominated = world.cache.node(pod.nominated_node);
      nominated != nullptr && evaluation.considers(nominated->name()) &&
      evaluation.check(*nominated).fits())
    return {nominated};
  const std::size_t wanted = enough(all.size());
  std::vector<const NodeInfo*> nodes;
  std::size_t seen = 0;
  for (; seen < all.size() && nodes.size() < wanted; ++seen) {
    const NodeInfo* const node = all[(start_ + seen) % all.size()];
    if (!evaluation.considers(node->name())) continue;
    Verdict verdict = evaluation.check(*node);
    if (verdict.fits()) {
      nodes.push_back(node);
    } else {
      why.told.emplace(node->name(), std::move(verdict));
    }
  }
  start_ = all.empty() ? 0 : (start_ + seen) % all.size();
  if (!evaluation.chosen_by().empty()) {
    why.others = {
        fmt::format("node(s) didn't satisfy plugin(s) [{}]", join(evaluation.chosen_by()))};
  }
  return nodes;
}

std::string Chooser::choose(Evaluation& evaluation, const World& world, NoFit& why) {
  why.nodes = world.cache.nodes().size();
  if (!evaluation.everywhere().fits()) {
    why.everywhere = fmt::format("{}", fmt::join(evaluation.everywhere().reasons, ", "));
    return {};
  }
  const std::vector<const NodeInfo*> nodes = fitting(evaluation, world, why);
  if (nodes.empty()) return {};
  if (nodes.size() == 1) return nodes.front()->name();
  std::vector<std::int64_t> totals(nodes.size(), 0);
  for (const ScorePlugin& plugin : score_plugins()) {
    const auto score = plugin.prepare(evaluation.pod(), world, nodes);
    if (!score) continue;
    std::vector<std::int64_t> scores;
    scores.reserve(nodes.size());
    for (const NodeInfo* const node : nodes) scores.push_back(score->of(*node));
    score->normalize(nodes, scores);
    for (std::size_t i = 0; i < nodes.size(); ++i) totals[i] += scores[i] * plugin.weight;
  }
  const std::int64_t best = *std::ranges::max_element(totals);
  std::vector<const NodeInfo*> bests;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (totals[i] == best) bests.push_back(nodes[i]);
  }
  const auto at = static_cast<std::size_t>(random_() * static_cast<double>(bests.size()));
  return bests[std::min(at, bests.size() - 1)]->name();
}

}  // namespace cove::scheduler
