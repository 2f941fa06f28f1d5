#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kEventFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "", ""},
    {"eventTime", 2, "microtime", "required", ""},
    {"series", 3, "*EventSeries", "omitempty", ""},
    {"reportingController", 4, "string", "omitempty", ""},
    {"reportingInstance", 5, "string", "omitempty", ""},
    {"action", 6, "string", "omitempty", ""},
    {"reason", 7, "string", "omitempty", ""},
    {"regarding", 8, "core/v1.ObjectReference", "omitempty", ""},
    {"related", 9, "*core/v1.ObjectReference", "omitempty", ""},
    {"note", 10, "string", "omitempty", ""},
    {"type", 11, "string", "omitempty", ""},
    {"deprecatedSource", 12, "core/v1.EventSource", "omitempty", ""},
    {"deprecatedFirstTimestamp", 13, "time", "omitempty", ""},
    {"deprecatedLastTimestamp", 14, "time", "omitempty", ""},
    {"deprecatedCount", 15, "int32", "omitempty", ""},
};

constexpr FieldFact kEventListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Event", "required", ""},
};

constexpr FieldFact kEventSeriesFields[] = {
    {"count", 1, "int32", "required", ""},
    {"lastObservedTime", 2, "microtime", "required", ""},
};

constexpr TypeFact kTypes[] = {
    {"Event", "kind", "", kEventFields},
    {"EventList", "kind", "", kEventListFields},
    {"EventSeries", "", "", kEventSeriesFields},
};

}  // namespace

std::span<const TypeFact> events_v1_types() {
  return kTypes;
}

}  // namespace cove::api
