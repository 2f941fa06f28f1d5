// How the engine's answers are read: its errors, its JSON, its lines of progress. For this room.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/docker/engine_client.h"
#include "core/http/client.h"

namespace cove::docker {

namespace json = boost::json;

inline constexpr std::size_t kPiece = 64 * 1024;

Result<json::value> parse_answer(std::string_view text, const std::string& subject);
// The member of that name; "", 0 or nothing when it is absent or of another type.
std::string text_of(const json::object& object, std::string_view name);
std::uint64_t number_of(const json::object& object, std::string_view name);
const json::object* object_of(const json::object& object, std::string_view name);
const json::array* array_of(const json::object& object, std::string_view name);
// Texts of a list, without what docker writes for an image that has no name.
std::vector<std::string> texts_of(const json::object& object, std::string_view name);
std::vector<ImageSummary> images_of(const json::array& array);

using TakeLine = std::function<Result<void>(const json::object&)>;
// Hands over a body of JSON objects, a line each. kCorrupt for what is none, or a line too long.
Result<void> read_lines(http::ClientResponse& response, const TakeLine& take);
// What a long operation says went wrong in the middle of its answer.
std::optional<std::string> failure_in(const json::object& line);

class EngineClient::Implementation {
 public:
  Implementation(std::unique_ptr<http::Client> http, http::Url base)
      : http_(std::move(http)), base_(std::move(base)) {}

  using Query = std::vector<std::pair<std::string, std::string>>;

  http::ClientRequest request(std::string method, const std::string& path,
                              const Query& query = {}) const;
  // The answer, if it is a good one.
  Result<http::ClientResponse> send(http::ClientRequest request, const std::string& action,
                                    const std::string& subject, std::stop_token stop) const;
  Result<json::value> ask(http::ClientRequest request, const std::string& action,
                          const std::string& subject, std::stop_token stop) const;

 private:
  std::unique_ptr<http::Client> http_;
  http::Url base_;
};

}  // namespace cove::docker
