#include "core/api/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "core/api/scalars.h"

namespace cove::api {
namespace {

__extension__ using Int = __int128;
using Format = Quantity::Format;

constexpr int kNano = -9;
constexpr int kMaxDigits = 38;
constexpr int kMaxExponent = 1'000'000;
constexpr Int kMaxInt64 = std::numeric_limits<std::int64_t>::max();

constexpr std::array<Int, kMaxDigits + 1> make_powers() {
  std::array<Int, kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}

constexpr std::array<Int, kMaxDigits + 1> kPowers = make_powers();

struct Suffix {
  std::string_view text;
  int exponent;
};

constexpr std::array<Suffix, 10> kDecimal = {{{"n", -9},
                                              {"u", -6},
                                              {"m", -3},
                                              {"", 0},
                                              {"k", 3},
                                              {"M", 6},
                                              {"G", 9},
                                              {"T", 12},
                                              {"P", 15},
                                              {"E", 18}}};
constexpr std::array<Suffix, 6> kBinary = {
    {{"Ki", 10}, {"Mi", 20}, {"Gi", 30}, {"Ti", 40}, {"Pi", 50}, {"Ei", 60}}};

Error bad_quantity(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "read", "a quantity", std::move(cause), {}};
}

Error bad_form() {
  return bad_quantity(
      "quantities must match the regular expression "
      "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// The parts of a quantity's text.
struct Parts {
  bool negative = false;
  std::string_view whole;  // without leading zeros
  std::string_view fraction;
  std::string_view suffix;
};

std::optional<Parts> split_parts(std::string_view text) {
  Parts parts;
  if (text.starts_with('-') || text.starts_with('+')) {
    parts.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t whole = count_digits(text);
  parts.whole = text.substr(0, whole);
  parts.whole.remove_prefix(std::min(parts.whole.find_first_not_of('0'), whole));
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t fraction = count_digits(text);
    if (whole + fraction == 0) return std::nullopt;
    parts.fraction = text.substr(0, fraction);
    text.remove_prefix(fraction);
  } else if (whole == 0) {
    return std::nullopt;
  }
  parts.suffix = text;
  const std::size_t letters = std::min(text.find_first_not_of("eEinumkKMGTP"), text.size());
  text.remove_prefix(letters);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (count_digits(text) != text.size()) return std::nullopt;
  return parts;
}

struct Unit {
  Format format = Format::kDecimalSi;
  int exponent = 0;  // of ten, or of two for kBinarySi
};

std::optional<Unit> find_unit(std::string_view suffix) {
  if (const auto found = std::ranges::find(kDecimal, suffix, &Suffix::text);
      found != kDecimal.end())
    return Unit{Format::kDecimalSi, found->exponent};
  if (const auto found = std::ranges::find(kBinary, suffix, &Suffix::text); found != kBinary.end())
    return Unit{Format::kBinarySi, found->exponent};
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
  Unit unit{Format::kDecimalExponent, 0};
  const auto read = std::from_chars(suffix.data(), suffix.data() + suffix.size(), unit.exponent);
  if (suffix.empty() || read.ec != std::errc() || read.ptr != suffix.data() + suffix.size() ||
      std::abs(unit.exponent) > kMaxExponent)
    return std::nullopt;
  return unit;
}

// number / 10^digits, away from zero.
Int divide_up(Int number, int digits) {
  if (digits > kMaxDigits) return number == 0 ? 0 : number < 0 ? -1 : 1;
  const Int power = kPowers[static_cast<std::size_t>(digits)];
  const Int quotient = number / power;
  if (number % power == 0) return quotient;
  return number < 0 ? quotient - 1 : quotient + 1;
}

// number * 10^digits when it fits.
std::optional<Int> multiply(Int number, int digits) {
  if (number == 0) return 0;
  if (digits > kMaxDigits) return std::nullopt;
  Int product = 0;
  if (__builtin_mul_overflow(number, kPowers[static_cast<std::size_t>(digits)], &product))
    return std::nullopt;
  return product;
}

std::string print(Int number) {
  const bool negative = number < 0;
  std::string digits;
  do {
    const int digit = static_cast<int>(number % 10);
    digits += static_cast<char>('0' + (negative ? -digit : digit));
    number /= 10;
  } while (number != 0);
  if (negative) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

std::string print_decimal(Int mantissa, int exponent, Format format) {
  while (mantissa % 10 == 0) {
    mantissa /= 10;
    ++exponent;
  }
  std::string digits = print(mantissa);
  for (; exponent % 3 != 0; --exponent) digits += '0';
  if (format == Format::kDecimalSi) {
    const auto found = std::ranges::find(kDecimal, exponent, &Suffix::exponent);
    if (found != kDecimal.end()) return digits.append(found->text);
  }
  return exponent == 0 ? digits : digits + 'e' + std::to_string(exponent);
}

std::string print_binary(Int number) {
  std::size_t unit = 0;
  for (; number % 1024 == 0 && unit < kBinary.size(); ++unit) number /= 1024;
  return print(number).append(unit == 0 ? "" : kBinary[unit - 1].text);
}

// Whether what was written is printed again as it stands: a small number whose digits do not ask
// for another unit.
bool keeps_text(const Parts& parts, const Unit& unit, Int shifted) {
  if (shifted == 0 || shifted > kMaxInt64) return false;
  if (unit.format == Format::kBinarySi) {
    const auto digits = static_cast<int>(parts.whole.size());
    return parts.fraction.empty() && 14 - digits - unit.exponent * 3 / 10 >= 0 &&
           (shifted & 7) != 0;
  }
  const auto digits =
      static_cast<int>(std::max<std::size_t>(parts.whole.size(), 1) + parts.fraction.size());
  const int scale = unit.exponent - static_cast<int>(parts.fraction.size());
  return digits <= 18 && scale >= kNano && scale % 3 == 0 && !parts.whole.empty() &&
         shifted % 1000 != 0;
}

}  // namespace

Quantity Quantity::of(std::int64_t value, Format format) {
  Quantity quantity;
  quantity.mantissa_ = value;
  quantity.format_ = format;
  return quantity;
}

Quantity Quantity::milli(std::int64_t thousandths, Format format) {
  Quantity quantity = of(thousandths, format);
  quantity.exponent_ = -3;
  return quantity;
}

Result<Quantity> Quantity::parse(std::string_view text) {
  const auto parts = split_parts(text);
  if (!parts) return bad_form();
  const auto unit = find_unit(parts->suffix);
  if (!unit) return bad_quantity("unable to parse quantity's suffix");

  // Digits of the fraction beyond what an Int holds only matter as "and a bit more".
  std::string_view whole = parts->whole;
  // Zeros that a long number ends with are the exponent's: text() may put two behind all its
  // digits.
  int zeros = 0;
  if (unit->format != Format::kBinarySi &&
      parts->fraction.find_first_not_of('0') == std::string_view::npos) {
    for (; whole.size() > kMaxDigits && whole.ends_with('0'); whole.remove_suffix(1)) ++zeros;
  }
  if (whole.size() > kMaxDigits) return bad_quantity("unable to parse numeric part of quantity");
  const std::size_t room = kMaxDigits - whole.size();
  const std::string_view fraction = parts->fraction.substr(0, room);
  Int mantissa = 0;
  for (const std::string_view digits : {whole, fraction}) {
    for (const char c : digits) {
      if (__builtin_mul_overflow(mantissa, Int{10}, &mantissa) ||
          __builtin_add_overflow(mantissa, Int{c - '0'}, &mantissa))
        return bad_quantity("unable to parse numeric part of quantity");
    }
  }
  const bool more = parts->fraction.find_first_not_of('0', room) != std::string_view::npos;
  Quantity quantity;
  quantity.format_ = unit->format;
  quantity.exponent_ = zeros - static_cast<int>(fraction.size());
  if (fraction.size() == parts->fraction.size() && keeps_text(*parts, *unit, mantissa))
    quantity.text_ = text;
  if (unit->format == Format::kBinarySi) {
    const Int factor = Int{1} << unit->exponent;
    // Precision beyond the nanos is given up before the product overflows.
    while (__builtin_mul_overflow(mantissa, factor, &quantity.mantissa_)) {
      if (quantity.exponent_ == 0) {
        quantity.mantissa_ = kMaxInt64;
        break;
      }
      mantissa = divide_up(mantissa, 1);
      ++quantity.exponent_;
    }
  } else {
    quantity.mantissa_ = mantissa;
    quantity.exponent_ += unit->exponent;
  }
  if (quantity.exponent_ < kNano) {
    quantity.mantissa_ = divide_up(quantity.mantissa_, kNano - quantity.exponent_);
    quantity.exponent_ = kNano;
  } else if (more) {
    ++quantity.mantissa_;
  }
  if (quantity.mantissa_ == 0) {
    quantity.exponent_ = 0;
  } else if (unit->format == Format::kBinarySi) {
    Quantity limit = of(std::numeric_limits<std::int64_t>::max(), Format::kBinarySi);
    if (quantity > limit) quantity = limit;
    if (quantity < of(1)) quantity.format_ = Format::kDecimalSi;
  }
  if (parts->negative) quantity.mantissa_ = -quantity.mantissa_;
  return quantity;
}

std::string Quantity::text() const {
  if (!text_.empty()) return text_;
  if (mantissa_ == 0) return "0";
  if (format_ == Format::kBinarySi && (*this <= of(-1024) || *this >= of(1024))) {
    const Int whole = exponent_ < 0 ? divide_up(mantissa_, -exponent_)
                                    : multiply(mantissa_, exponent_).value_or(0);
    const bool exact = exponent_ >= 0 ? whole != 0 : multiply(whole, -exponent_) == mantissa_;
    if (exact) return print_binary(whole);
  }
  return print_decimal(mantissa_, exponent_,
                       format_ == Format::kBinarySi ? Format::kDecimalSi : format_);
}

std::int64_t Quantity::scaled(int power_of_ten) const {
  const int shift = exponent_ - power_of_ten;
  const std::optional<Int> number =
      shift < 0 ? divide_up(mantissa_, -shift) : multiply(mantissa_, shift);
  constexpr Int kMin = std::numeric_limits<std::int64_t>::min();
  if (!number) return static_cast<std::int64_t>(mantissa_ < 0 ? kMin : kMaxInt64);
  return static_cast<std::int64_t>(std::clamp(*number, kMin, kMaxInt64));
}

double Quantity::approximate() const {
  return static_cast<double>(mantissa_) * std::pow(10.0, exponent_);
}

Quantity& Quantity::operator+=(const Quantity& other) {
  if (mantissa_ == 0) {
    *this = other;
    text_.clear();
    return *this;
  }
  text_.clear();
  if (other.mantissa_ == 0) return *this;
  Quantity fine = other;
  if (exponent_ < fine.exponent_) {
    std::swap(mantissa_, fine.mantissa_);
    std::swap(exponent_, fine.exponent_);
  }
  // This one is the coarser now: as fine as its digits allow.
  while (exponent_ > fine.exponent_) {
    const auto finer = multiply(mantissa_, 1);
    if (!finer) break;
    mantissa_ = *finer;
    --exponent_;
  }
  Int sum = 0;
  Int addend = divide_up(fine.mantissa_, exponent_ - fine.exponent_);
  while (__builtin_add_overflow(mantissa_, addend, &sum)) {
    mantissa_ = divide_up(mantissa_, 1);
    addend = divide_up(addend, 1);
    ++exponent_;
  }
  mantissa_ = sum;
  return *this;
}

Quantity& Quantity::operator-=(const Quantity& other) {
  return *this += -other;
}

Quantity Quantity::operator-() const {
  Quantity negated = *this;
  negated.mantissa_ = -mantissa_;
  negated.text_.clear();
  return negated;
}

std::strong_ordering Quantity::compare(const Quantity& other) const {
  if (sign() != other.sign() || sign() == 0) return sign() <=> other.sign();
  if (exponent_ == other.exponent_) return mantissa_ <=> other.mantissa_;
  if (exponent_ < other.exponent_) return 0 <=> other.compare(*this);
  const auto scaled = multiply(mantissa_, exponent_ - other.exponent_);
  // What does not fit is greater in size than all that does.
  if (!scaled) return sign() <=> 0;
  return *scaled <=> other.mantissa_;
}

}  // namespace cove::api
