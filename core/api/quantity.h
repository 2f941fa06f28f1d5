// Quantity: an exact amount of a resource, as "100m", "1Gi" or "2e3" write it (kubernetes.io API
// reference, "Quantity"). Amounts finer than a billionth are rounded up to one. A value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cove::api {

class Quantity {
 public:
  enum class Format { kDecimalSi, kBinarySi, kDecimalExponent };

  Quantity() = default;
  static Quantity of(std::int64_t value, Format format = Format::kDecimalSi);
  static Quantity milli(std::int64_t thousandths, Format format = Format::kDecimalSi);
  // kInvalidArgument; the cause is what clients know ("quantities must match the regular …"). At
  // most 38 significant digits before the decimal point.
  static Result<Quantity> parse(std::string_view text);

  // The canonical form: "1500m", "1Gi". What was parsed and is canonical stays as it was written.
  std::string text() const;
  Format format() const { return format_; }
  // Rounded away from zero; the greatest or least int64 when it does not fit.
  std::int64_t value() const { return scaled(0); }
  std::int64_t milli_value() const { return scaled(-3); }
  std::int64_t scaled(int power_of_ten) const;
  double approximate() const;
  int sign() const { return mantissa_ < 0 ? -1 : mantissa_ > 0 ? 1 : 0; }
  bool is_zero() const { return mantissa_ == 0; }

  // Exact while the result has at most 38 digits; beyond, the smaller one's tail is rounded away.
  // A zero takes the other's format.
  Quantity& operator+=(const Quantity& other);
  Quantity& operator-=(const Quantity& other);
  Quantity operator-() const;
  friend Quantity operator+(Quantity a, const Quantity& b) { return a += b; }
  friend Quantity operator-(Quantity a, const Quantity& b) { return a -= b; }

  // By amount, whatever the formats.
  friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) {
    return a.compare(b);
  }
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.compare(b) == 0; }

 private:
  __extension__ using Int = __int128;

  std::strong_ordering compare(const Quantity& other) const;

  Int mantissa_ = 0;
  int exponent_ = 0;  // of ten, -9 or more
  Format format_ = Format::kDecimalSi;
  std::string text_;  // as it was written, when that is canonical
};

}  // namespace cove::api
