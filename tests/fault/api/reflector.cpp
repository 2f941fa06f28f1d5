#include "tests/fault/api/reflector.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <thread>

namespace cove::testing {
namespace {

using namespace std::chrono_literals;

Reflector::Copy copy_of(const json::value& object) {
  return {version_of(object), std::atoll(entry_of(object, "n").c_str())};
}

bool ends_beginning(const json::value& object) {
  const json::value* const annotations =
      object.at("metadata").as_object().if_contains("annotations");
  return annotations != nullptr && annotations->as_object().contains("k8s.io/initial-events-end");
}

}  // namespace

Reflector::Copies Reflector::read(const json::value& list) {
  Copies copies;
  for (const json::value& item : list.at("items").as_array()) copies[name_of(item)] = copy_of(item);
  return copies;
}

void Reflector::run(const std::atomic<std::int64_t>& target) {
  auto patience = std::chrono::steady_clock::now() + 60s;
  int before = 0;
  while (target == 0 || version_ < target) {
    if (version_ == 0 && start_ == Start::kList && !list()) {
      std::this_thread::sleep_for(5ms);
    } else {
      watch(target);
    }
    if (std::exchange(before, events_) != events_)
      patience = std::chrono::steady_clock::now() + 60s;
    if (std::chrono::steady_clock::now() > patience) return complain("there was no more news");
  }
}

bool Reflector::list() {
  ApiClient api(port_, identity_);
  const Reply reply = api.get(kConfigMaps);
  if (!reply.answered()) return false;
  if (reply.status != 200) {
    complain(fmt::format("the list was refused: {} {}", reply.status, reply.body));
    return false;
  }
  const json::value document = reply.document();
  replace(read(document), version_of(document));
  return true;
}

std::string Reflector::watch_target() const {
  const std::string target = kConfigMaps + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=1";
  if (version_ != 0) return target + fmt::format("&resourceVersion={}", version_);
  return target + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
}

void Reflector::watch(const std::atomic<std::int64_t>& target) {
  initial_.reset();
  if (version_ == 0) initial_.emplace();
  LineStream stream(port_, identity_, watch_target());
  if (stream.status() == 410) return begin_again();
  if (stream.status() != 200) {
    if (stream.status() != 0) complain(fmt::format("the watch was refused: {}", stream.status()));
    std::this_thread::sleep_for(5ms);
    return;
  }
  ++watches_;
  while (target == 0 || version_ < target) {
    const auto line = stream.next();
    if (!line) return;
    boost::system::error_code error;
    const json::value event = json::parse(*line, error);
    if (error) return complain("an event is no JSON: " + *line);
    if (!take(event)) return;
  }
}

bool Reflector::take(const json::value& event) {
  const std::string type(event.at("type").as_string());
  const json::value& object = event.at("object");
  if (type == "ERROR") {
    if (object.at("code").as_int64() != 410) complain(fmt::format("an error: {}", type));
    begin_again();
    return false;
  }
  if (type == "BOOKMARK") {
    const std::int64_t version = version_of(object);
    if (version < version_) complain("a bookmark goes back");
    if (initial_ && ends_beginning(object)) {
      replace(std::move(*initial_), version);
      initial_.reset();
    } else if (!initial_) {
      version_ = version;
    }
    return true;
  }
  if (initial_) {
    if (type != "ADDED") complain(type + " at the beginning of a stream");
    initial_->emplace(name_of(object), copy_of(object));
    return true;
  }
  ++events_;
  take_change(type, object);
  return true;
}

void Reflector::take_change(const std::string& type, const json::value& object) {
  const std::string name = name_of(object);
  const Copy copy = copy_of(object);
  const bool known = copies_.contains(name);
  const std::string what = fmt::format("{} {} n={} at {}", type, name, copy.count, copy.version);
  if (copy.version <= version_) complain(fmt::format("{} came after version {}", what, version_));
  if (known == (type == "ADDED"))
    complain(what + (known ? ", but it was there" : ", but it was not"));
  const auto last = counts_.find(name);
  const std::int64_t step = type == "DELETED" ? 0 : 1;
  if (last != counts_.end() && copy.count != last->second + step)
    complain(fmt::format("{} came after n={}", what, last->second));
  counts_[name] = copy.count;
  version_ = copy.version;
  if (type == "DELETED") {
    copies_.erase(name);
  } else {
    copies_[name] = copy;
  }
}

void Reflector::begin_again() {
  ++expired_;
  version_ = 0;
}

void Reflector::replace(Copies copies, std::int64_t version) {
  for (const auto& [name, copy] : copies) {
    const auto old = copies_.find(name);
    if (old != copies_.end() && copy.version < old->second.version)
      complain(fmt::format("the list has an older {}", name));
    if (copy.version > version) complain(fmt::format("{} is newer than its list", name));
  }
  copies_ = std::move(copies);
  version_ = version;
  counts_.clear();
  for (const auto& [name, copy] : copies_) counts_[name] = copy.count;
}

void Reflector::complain(std::string text) {
  if (complaints_.size() < 20) complaints_.push_back(std::move(text));
}

}  // namespace cove::testing
