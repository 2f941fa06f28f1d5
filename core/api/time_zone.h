// TimeZone: the zones of the IANA database by name, read from its compiled files (RFC 8536). A
// value; thread-safe to read.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace cove::api {

// A calendar day and time of day as clocks in the zone show it, counted as if it were UTC.
using LocalTime = std::chrono::local_seconds;

class TimeZone {
 public:
  // UTC.
  TimeZone() = default;
  // "Europe/Berlin"; "" and "UTC" are UTC. kNotFound and kInvalidArgument with the cause that
  // clients know ("unknown time zone X"); kCorrupt. At most 256 KiB are read.
  static Result<TimeZone> load(std::string_view name,
                               const std::filesystem::path& database = "/usr/share/zoneinfo");
  // Of a compiled file's bytes.
  static Result<TimeZone> parse(std::string_view bytes);

  std::chrono::seconds offset_at(WallTime time) const;
  LocalTime local(WallTime time) const;
  // The first moment when clocks show that time or, where they skip it, a later one.
  WallTime at(LocalTime local) const;
  // "2026-03-29T03:00:00+02:00"
  std::string format(WallTime time) const;

 private:
  struct Change {
    std::int64_t time;
    std::chrono::seconds offset;
  };
  // The day of a year at which a yearly rule changes the offset, and the time of it.
  struct Yearly {
    char form = 0;  // 'M': week and weekday of a month; 'J': day without 29 February; 'D': with
    int month = 0, week = 0, day = 0;
    std::chrono::seconds time{2 * 3600};

    std::int64_t in(int year) const;  // seconds of local time
  };
  struct Rule {  // the footer: what holds after the last change
    std::chrono::seconds standard{0}, summer{0};
    bool has_summer = false;
    Yearly begin, end;
  };
  class FooterReader;

  std::chrono::seconds by_rule(std::int64_t time) const;

  std::vector<Change> changes_;  // in order
  std::chrono::seconds first_{0};
  Rule rule_;
};

}  // namespace cove::api
