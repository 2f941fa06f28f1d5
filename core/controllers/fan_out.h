// fan_out: many requests of one kind, a bounded number of them under way: the API refuses whoever
// asks for too much at once.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/client/api_error.h"

namespace cove::controllers {

using FanOutDone = std::function<void(client::ApiResult<void>)>;

// Calls start(i, done) for every i below `count`, at most kFanOut at a time; `all_done` once every
// one has called its `done`, with the first error if there was any.
inline constexpr std::size_t kFanOut = 32;
void fan_out(std::size_t count, std::function<void(std::size_t index, FanOutDone done)> start,
             FanOutDone all_done);

}  // namespace cove::controllers
