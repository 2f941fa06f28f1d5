// Which pods a selector chooses, and which selectors choose a pod, without looking at all of them:
// indices of informers by labels. On the executor.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/client/informer.h"

namespace cove::controllers {

// The objects become findable by each of their labels.
void index_by_labels(client::Informer& objects);
// Those of a namespace that have all of `labels`; all of them when it is empty.
std::vector<api::ObjectPtr> with_labels(const client::Indexer& objects,
                                        std::string_view namespace_name,
                                        const boost::json::object& labels);

// What the objects (services, budgets) demand of labels: pairs that must be there, more may be
// demanded beside. Null: the object selects nothing.
using DemandedLabels = const boost::json::object* (*)(const api::Object& object);
void index_by_demanded_labels(client::Informer& objects, DemandedLabels demanded);
// Those that may choose an object with these labels, each once; to be asked whether they do.
std::vector<api::ObjectPtr> that_may_choose(const client::Indexer& objects,
                                            std::string_view namespace_name,
                                            const boost::json::object* labels);

}  // namespace cove::controllers
