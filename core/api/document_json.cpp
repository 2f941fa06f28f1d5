// Parsing JSON: Boost's event parser with a handler of our own, which keeps what Boost's forgets:
// fields that stand twice, and where.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <numeric>

#include "core/api/document.h"
#include "core/api/scratch.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxDuplicates = 100;
constexpr std::size_t kQuadraticUpTo =
    12;  // members of an object whose names are compared pairwise

using ErrorCodeOf = boost::system::error_code;

class Handler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit Handler(json::storage_ptr storage) { values_.reset(std::move(storage)); }

  json::value release() { return values_.release(); }
  std::vector<std::string> duplicates() { return std::move(duplicates_); }

  bool on_document_begin(ErrorCodeOf&) { return true; }
  bool on_document_end(ErrorCodeOf&) { return true; }

  bool on_object_begin(ErrorCodeOf&) {
    element();
    open_.push_back({.names = names_.size(), .bytes = name_bytes_.size()});
    return true;
  }
  bool on_object_end(std::size_t count, ErrorCodeOf&) {
    find_duplicates();
    names_.resize(open_.back().names);
    name_bytes_.resize(open_.back().bytes);
    open_.pop_back();
    values_.push_object(count);
    return true;
  }
  bool on_array_begin(ErrorCodeOf&) {
    element();
    open_.push_back({.names = names_.size(), .bytes = name_bytes_.size(), .is_array = true});
    return true;
  }
  bool on_array_end(std::size_t count, ErrorCodeOf&) {
    open_.pop_back();
    values_.push_array(count);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, ErrorCodeOf&) {
    values_.push_chars(part);
    name_bytes_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t size, ErrorCodeOf&) {
    values_.push_key(part);
    name_bytes_.append(part.data(), part.size());
    names_.push_back({name_bytes_.size() - size, size});
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, ErrorCodeOf&) {
    values_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, ErrorCodeOf&) {
    element();
    values_.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, ErrorCodeOf&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, ErrorCodeOf&) {
    element();
    values_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, ErrorCodeOf&) {
    element();
    values_.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view text, ErrorCodeOf& error) {
    element();
    // Boost's own conversion is off by a unit in the last place now and then.
    double exact = number;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), exact);
    if (read.ec == std::errc::result_out_of_range && std::abs(number) > 1) {
      error = json::error::exponent_overflow;
      return false;
    }
    values_.push_double(read.ec == std::errc() ? exact : number);
    return true;
  }
  bool on_bool(bool flag, ErrorCodeOf&) {
    element();
    values_.push_bool(flag);
    return true;
  }
  bool on_null(ErrorCodeOf&) {
    element();
    values_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, ErrorCodeOf&) { return true; }
  bool on_comment(json::string_view, ErrorCodeOf&) { return true; }

 private:
  struct Name {
    std::size_t start = 0;
    std::size_t size = 0;
  };
  struct Open {
    std::size_t names = 0;  // where this object's names start in `names_`
    std::size_t bytes = 0;
    bool is_array = false;
    std::size_t elements = 0;  // of an array, that which is being read included
  };

  std::string_view text(const Name& name) const {
    return std::string_view(name_bytes_).substr(name.start, name.size);
  }

  void element() {
    if (!open_.empty() && open_.back().is_array) ++open_.back().elements;
  }

  void find_duplicates() {
    const auto first = names_.begin() + static_cast<std::ptrdiff_t>(open_.back().names);
    const auto count = static_cast<std::size_t>(names_.end() - first);
    if (count <= kQuadraticUpTo) {
      for (auto name = first; name != names_.end(); ++name) {
        const auto is_same = [&](const Name& other) { return text(other) == text(*name); };
        if (std::find_if(first, name, is_same) != name) report(*name);
      }
      return;
    }
    std::vector<Name> sorted(first, names_.end());
    std::ranges::sort(sorted, {}, [this](const Name& name) { return text(name); });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (text(sorted[i]) == text(sorted[i - 1])) report(sorted[i]);
    }
  }

  void report(const Name& name) {
    if (duplicates_.size() >= kMaxDuplicates) return;
    std::string path;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      if (open_[i].is_array) {
        path += fmt::format("[{}]", open_[i].elements - 1);
      } else {
        if (!path.empty()) path += '.';
        path += text(names_[open_[i + 1].names - 1]);
      }
    }
    if (!path.empty()) path += '.';
    path += text(name);
    if (std::ranges::find(duplicates_, path) == duplicates_.end())
      duplicates_.push_back(std::move(path));
  }

  json::value_stack values_;
  std::vector<Open> open_;
  std::string name_bytes_;   // of the names of all open objects
  std::vector<Name> names_;  // in `name_bytes_`
  std::vector<std::string> duplicates_;
};

std::string cause_of(const ErrorCodeOf& error) {
  if (error == json::error::incomplete) return "unexpected end of JSON input";
  if (error == json::error::extra_data) return "there is something after the document's end";
  if (error == json::error::too_deep) return "it nests too deeply";
  if (error == json::error::exponent_overflow) return "a number is too large";
  if (error == json::error::illegal_leading_surrogate ||
      error == json::error::illegal_trailing_surrogate ||
      error == json::error::expected_utf16_escape)
    return "an escape is no character";
  if (error == json::error::syntax) return "it is not JSON here";
  return error.message();
}

Error bad_json(std::string_view text, std::size_t at, const std::string& cause) {
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::size_t column =
      before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
  return Error{ErrorCode::kInvalidArgument,
               "parse",
               "JSON",
               fmt::format("line {}, column {}: {}", line, column, cause),
               {}};
}

using Parser = json::basic_parser<Handler>;

json::parse_options options_of(const ParseLimits& limits) {
  json::parse_options options;
  options.max_depth = limits.depth;
  return options;
}

Result<void> run(Parser& parser, std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error{ErrorCode::kInvalidArgument,
                 "parse",
                 "JSON",
                 fmt::format("it is longer than {} bytes", limits.bytes),
                 {}};
  }
  ErrorCodeOf error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) {
    const std::size_t rest = text.find_first_not_of(" \t\r\n", read);
    if (rest != std::string_view::npos)
      return bad_json(text, rest, cause_of(json::error::extra_data));
  }
  if (error) return bad_json(text, read, cause_of(error));
  return {};
}

}  // namespace

Result<Parsed> parse_json(std::string_view text, const ParseLimits& limits) {
  Parser parser(options_of(limits), json::storage_ptr());
  COVE_CHECK(run(parser, text, limits));
  return Parsed{parser.handler().release(), parser.handler().duplicates()};
}

Result<json::value> parse_json_in(std::string_view text, json::storage_ptr storage,
                                  const ParseLimits& limits) {
  Parser parser(options_of(limits), std::move(storage));
  COVE_CHECK(run(parser, text, limits));
  return parser.handler().release();
}

}  // namespace cove::api
