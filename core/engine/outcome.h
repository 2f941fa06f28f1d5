// From what libraries return to what a client gets.
#pragma once

#include <utility>

#include "core/base/result.h"
#include "core/engine/exchange.h"

namespace cove::engine {

template <class T>
Outcome<T> outcome(Result<T> result) {
  if (result.has_error()) return to_api_error(result.error());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace cove::engine
