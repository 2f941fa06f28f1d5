#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kEventFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "",
     "Name, namespace, labels and all else that every object has."},
    {"eventTime", 2, "microtime", "required", "When it was first seen, to the microsecond."},
    {"series", 3, "*EventSeries", "omitempty",
     "Data of a repeated event; absent for a single one."},
    {"reportingController", 4, "string", "omitempty",
     "Controller that reported the event, such as kubernetes.io/kubelet."},
    {"reportingInstance", 5, "string", "omitempty",
     "Instance of that controller, such as its pod's or node's name."},
    {"action", 6, "string", "omitempty", "What was done or failed about the object, as one word."},
    {"reason", 7, "string", "omitempty", "Why it happened, as one CamelCase word."},
    {"regarding", 8, "core/v1.ObjectReference", "omitempty", "The object that the event is about."},
    {"related", 9, "*core/v1.ObjectReference", "omitempty",
     "A second object that has to do with the event."},
    {"note", 10, "string", "omitempty", "What happened, for people; at most 1 KiB."},
    {"type", 11, "string", "omitempty", "Normal or Warning."},
    {"deprecatedSource", 12, "core/v1.EventSource", "omitempty", "Source of a core event."},
    {"deprecatedFirstTimestamp", 13, "time", "omitempty", "First time of a core event."},
    {"deprecatedLastTimestamp", 14, "time", "omitempty", "Last time of a core event."},
    {"deprecatedCount", 15, "int32", "omitempty", "Count of a core event."},
};

constexpr FieldFact kEventListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]Event", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kEventSeriesFields[] = {
    {"count", 1, "int32", "required", "How many there have been in this run."},
    {"lastObservedTime", 2, "microtime", "required", "When the last one was seen."},
};

constexpr TypeFact kTypes[] = {
    {"Event", "kind", "Something that happened to an object. Kept for an hour.", kEventFields},
    {"EventList", "kind", "A list of Event objects.", kEventListFields},
    {"EventSeries", "", "A run of events that are alike.", kEventSeriesFields},
};

}  // namespace

std::span<const TypeFact> events_v1_types() {
  return kTypes;
}

}  // namespace cove::api
