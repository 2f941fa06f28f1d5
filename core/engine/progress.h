// Progress of pulls, pushes, loads and builds as clients draw it: a stream of JSON objects (Docker
// Engine API, "jsonmessage").
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/exchange.h"
#include "core/image/registry.h"

namespace cove::engine {

// {"status", "progressDetail", "progress", "id"}.
boost::json::object progress_json(const image::Progress& progress);
// The bar with sizes that "progress" is.
std::string progress_bar(std::uint64_t current, std::uint64_t total);

// An answer that begins with its first line, so that a failure before it is an answer with a status
// of its own, as Docker has it. Thread-safe.
class ProgressAnswer {
 public:
  explicit ProgressAnswer(Exchange& exchange) : exchange_(exchange) {}

  void line(const boost::json::object& object);
  void line(const image::Progress& progress) { line(progress_json(progress)); }
  // {"status": text} and, unless it is empty, "id".
  void status(std::string_view text, std::string_view id = {});
  // The last thing: begins an answer that has no line yet. A failure becomes an error line, or goes
  // on to the caller while nothing was written.
  // `code` is what a client is to exit with.
  Outcome<> end(const Outcome<>& outcome, std::optional<int> code = std::nullopt);

 private:
  Exchange& exchange_;
  std::mutex mutex_;
  std::unique_ptr<Exchange::Stream> stream_;
};

}  // namespace cove::engine
