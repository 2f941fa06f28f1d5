// What lists and watches have in common: which objects are asked for, as of when. Private to this
// room.
#pragma once

#include <optional>
#include <string>

#include "core/api/selector.h"
#include "core/server/call.h"
#include "core/store/store.h"

namespace cove::server {

struct ListOptions {
  api::LabelSelector labels;
  api::FieldSelector fields;
  std::string prefix;      // of keys
  std::string single_key;  // when only one object can match
  std::size_t limit = 0;
  std::string continue_key;         // the last key of the page before
  std::optional<std::size_t> left;  // objects after that page, where its token says so
  store::Revision at = 0;           // of an exact list, or of the pages before
  bool exact = false;
  std::optional<store::Revision> version;  // resourceVersion as given; nothing when unset
  bool send_initial_events = false;
  bool bookmarks = false;
  std::chrono::seconds timeout{0};

  bool selects_all() const { return labels.empty() && fields.empty(); }
  bool matches(const json::object& document) const {
    return labels.matches(document) && fields.matches(document);
  }
};

// Reads the query. `current` is the newest revision: one from the future is refused.
Outcome<ListOptions> read_list_options(const Call& call, store::Revision current);

// A list's JSON from its objects' stored bytes, one after another: nothing is parsed, serialized or
// copied.
std::shared_ptr<const http::JoinedBody> join_list(const api::Kind& kind,
                                                  const json::object& metadata,
                                                  std::vector<store::Bytes> items);

// A list of objects in the form the call's client asked for; they are of the kind it named.
std::string encode_objects(const Call& call, json::object metadata,
                           const std::vector<api::ObjectPtr>& objects);

std::string encode_continue(store::Revision revision, std::string_view last_key,
                            std::size_t left = 0);

}  // namespace cove::server
