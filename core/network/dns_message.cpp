#include "core/network/dns_message.h"

#include <algorithm>
#include <array>
#include <map>

namespace cove::network::dns {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxPointers = 64;
constexpr std::size_t kMaxPointerTarget = 0x3fff;
constexpr std::size_t kLargestUdp = 4096;

Error malformed(const char* why) {
  return Error{ErrorCode::kInvalidArgument, "read", "a DNS message", why, ""};
}

void put16(std::string& wire, std::size_t value) {
  wire += static_cast<char>(value >> 8 & 255);
  wire += static_cast<char>(value & 255);
}
void put32(std::string& wire, std::uint32_t value) {
  put16(wire, value >> 16);
  put16(wire, value & 0xffff);
}

void append_text(std::string& text, unsigned char byte) {
  if (byte >= 'A' && byte <= 'Z') byte = static_cast<unsigned char>(byte - 'A' + 'a');
  if (byte == '.' || byte == '\\') {
    text += '\\';
    text += static_cast<char>(byte);
  } else if (byte <= ' ' || byte >= 127) {
    const std::array<char, 4> escape{'\\', static_cast<char>('0' + byte / 100),
                                     static_cast<char>('0' + byte / 10 % 10),
                                     static_cast<char>('0' + byte % 10)};
    text.append(escape.data(), escape.size());
  } else {
    text += static_cast<char>(byte);
  }
}

// Labels of a name in text form; nothing for one that breaks the rules.
std::optional<std::vector<std::string>> labels_of(std::string_view text) {
  std::vector<std::string> labels;
  if (text.empty() || text == ".") return labels;
  if (text.size() > kMaxName * 4) return std::nullopt;
  std::string label;
  std::size_t total = 1;
  const auto finish = [&] {
    total += label.size() + 1;
    const bool good = !label.empty() && label.size() <= kMaxLabel && total <= kMaxName;
    labels.push_back(std::move(label));
    label.clear();
    return good;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      if (!finish()) return std::nullopt;
      if (i + 1 == text.size()) return labels;
      continue;
    }
    if (text[i] != '\\') {
      const char c = text[i];
      label += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] < '0' || text[i] > '9') {
      label += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    int value = 0;
    for (std::size_t k = i; k < i + 3; ++k) {
      if (text[k] < '0' || text[k] > '9') return std::nullopt;
      value = value * 10 + (text[k] - '0');
    }
    if (value > 255) return std::nullopt;
    if (value >= 'A' && value <= 'Z') value += 'a' - 'A';
    label += static_cast<char>(value);
    i += 2;
  }
  if (!finish()) return std::nullopt;
  return labels;
}

class Reader {
 public:
  explicit Reader(std::string_view wire) : wire_(wire) {}

  std::size_t position() const { return at_; }
  bool at_end() const { return at_ == wire_.size(); }
  std::optional<std::uint16_t> u16() {
    if (wire_.size() - at_ < 2) return std::nullopt;
    const auto value = static_cast<std::uint16_t>(byte(at_) << 8 | byte(at_ + 1));
    at_ += 2;
    return value;
  }
  std::optional<std::uint32_t> u32() {
    const auto high = u16();
    const auto low = u16();
    if (!high || !low) return std::nullopt;
    return static_cast<std::uint32_t>(*high) << 16 | *low;
  }
  std::optional<std::string_view> bytes(std::size_t count) {
    if (wire_.size() - at_ < count) return std::nullopt;
    const std::string_view value = wire_.substr(at_, count);
    at_ += count;
    return value;
  }
  // Pointers lead strictly backwards, so that they end.
  std::optional<std::string> name() {
    std::string text;
    std::size_t total = 1;
    std::size_t at = at_;
    std::size_t lowest = at_;
    std::optional<std::size_t> behind;
    for (std::size_t pointers = 0; at < wire_.size();) {
      const unsigned length = byte(at);
      if (length == 0) {
        at_ = behind.value_or(at + 1);
        return text;
      }
      if ((length & 0xc0) == 0xc0) {
        if (at + 1 >= wire_.size() || ++pointers > kMaxPointers) return std::nullopt;
        const std::size_t target = (length & 0x3fU) << 8 | byte(at + 1);
        if (target >= lowest) return std::nullopt;
        if (!behind) behind = at + 2;
        at = lowest = target;
        continue;
      }
      total += length + 1;
      if (length > kMaxLabel || total > kMaxName || at + 1 + length > wire_.size())
        return std::nullopt;
      if (!text.empty()) text += '.';
      for (std::size_t i = at + 1; i <= at + length; ++i)
        append_text(text, static_cast<unsigned char>(wire_[i]));
      at += length + 1;
    }
    return std::nullopt;
  }

 private:
  unsigned byte(std::size_t at) const { return static_cast<unsigned char>(wire_[at]); }
  std::string_view wire_;
  std::size_t at_ = 0;
};

// How a record's data begins before its names, and how many names follow.
struct DataShape {
  std::size_t before = 0, names = 0;
};
DataShape shape_of(std::uint16_t type) {
  switch (type) {
    case kNs:
    case kCname:
    case kPtr: return {0, 1};
    case kSoa: return {0, 2};
    case kMx: return {2, 1};
    case kSrv: return {6, 1};
    default: return {};
  }
}

std::optional<std::string> read_data(Reader& reader, std::uint16_t type, std::size_t length) {
  const DataShape shape = shape_of(type);
  const std::size_t end = reader.position() + length;
  if (shape.names == 0) {
    const auto data = reader.bytes(length);
    if (!data) return std::nullopt;
    return std::string(*data);
  }
  const auto before = reader.bytes(shape.before);
  if (!before) return std::nullopt;
  std::string data(*before);
  for (std::size_t i = 0; i < shape.names; ++i) {
    const auto name = reader.name();
    if (!name) return std::nullopt;
    data += wire_name(*name);
  }
  if (reader.position() > end) return std::nullopt;
  const auto rest = reader.bytes(end - reader.position());
  if (!rest) return std::nullopt;
  return data.append(*rest);
}

std::optional<Record> read_record(Reader& reader) {
  Record record;
  auto name = reader.name();
  const auto type = reader.u16(), klass = reader.u16();
  const auto ttl = reader.u32();
  const auto length = reader.u16();
  if (!name || !type || !klass || !ttl || !length) return std::nullopt;
  auto data = read_data(reader, *type, *length);
  if (!data || data->size() > kMaxMessage) return std::nullopt;
  return Record{std::move(*name), *type, *klass, *ttl, std::move(*data)};
}

struct Counts {
  std::uint16_t questions = 0, answers = 0, authorities = 0, additionals = 0;
};

Result<Counts> read_head(Reader& reader, Message& message) {
  const auto id = reader.u16(), flags = reader.u16();
  const auto questions = reader.u16(), answers = reader.u16(), authorities = reader.u16(),
             additionals = reader.u16();
  if (!additionals) return malformed("it is shorter than its header");
  message.id = *id;
  message.response = (*flags & 0x8000) != 0;
  message.opcode = static_cast<std::uint8_t>(*flags >> 11 & 15);
  message.authoritative = (*flags & 0x0400) != 0;
  message.truncated = (*flags & 0x0200) != 0;
  message.recursion_desired = (*flags & 0x0100) != 0;
  message.recursion_available = (*flags & 0x0080) != 0;
  message.authentic = (*flags & 0x0020) != 0;
  message.checking_disabled = (*flags & 0x0010) != 0;
  message.code = static_cast<std::uint8_t>(*flags & 15);
  if (*questions > kMaxRecords) return malformed("it has too many questions");
  for (unsigned i = 0; i < *questions; ++i) {
    auto name = reader.name();
    const auto type = reader.u16(), klass = reader.u16();
    if (!name || !type || !klass) return malformed("a question is broken");
    message.questions.push_back({std::move(*name), *type, *klass});
  }
  return Counts{*questions, *answers, *authorities, *additionals};
}

// Writes names with pointers to where their ends stand already.
class Writer {
 public:
  std::string wire;

  void name(std::string_view text) {
    const std::string full = wire_name(text);
    if (full.empty()) {
      wire += '\0';
      return;
    }
    std::size_t at = 0;
    while (full[at] != '\0') {
      const std::string rest = full.substr(at);
      if (const auto known = names_.find(rest); known != names_.end()) {
        put16(wire, 0xc000 | known->second);
        return;
      }
      if (wire.size() <= kMaxPointerTarget) names_.emplace(rest, wire.size());
      const std::size_t length = static_cast<unsigned char>(full[at]) + 1U;
      wire.append(full, at, length);
      at += length;
    }
    wire += '\0';
  }
  void record(const Record& record) {
    name(record.name);
    put16(wire, record.type);
    put16(wire, record.klass);
    put32(wire, record.ttl);
    put16(wire, record.data.size());
    wire += record.data;
  }
  // Forgets what was written behind `size`.
  void cut(std::size_t size) {
    wire.resize(size);
    std::erase_if(names_, [&](const auto& name) { return name.second >= size; });
  }

 private:
  std::map<std::string, std::size_t> names_;
};

std::uint16_t flags_of(const Message& message, bool truncated) {
  unsigned flags = (message.opcode & 15U) << 11 | (message.code & 15U);
  if (message.response) flags |= 0x8000;
  if (message.authoritative) flags |= 0x0400;
  if (truncated) flags |= 0x0200;
  if (message.recursion_desired) flags |= 0x0100;
  if (message.recursion_available) flags |= 0x0080;
  if (message.authentic) flags |= 0x0020;
  if (message.checking_disabled) flags |= 0x0010;
  return static_cast<std::uint16_t>(flags);
}

void set16(std::string& wire, std::size_t at, std::size_t value) {
  wire[at] = static_cast<char>(value >> 8 & 255);
  wire[at + 1] = static_cast<char>(value & 255);
}

}  // namespace

Result<Message> parse(std::string_view wire) {
  if (wire.size() > kMaxMessage) return malformed("it is too long");
  Reader reader(wire);
  Message message;
  COVE_TRY(const Counts counts, read_head(reader, message));
  const auto section = [&](std::size_t count, std::vector<Record>& records) {
    if (count > kMaxRecords) return false;
    for (std::size_t i = 0; i < count; ++i) {
      auto record = read_record(reader);
      if (!record) return false;
      records.push_back(std::move(*record));
    }
    return true;
  };
  if (!section(counts.answers, message.answers) ||
      !section(counts.authorities, message.authorities) ||
      !section(counts.additionals, message.additionals))
    return malformed("a record is broken");
  if (!reader.at_end()) return malformed("something follows its last record");
  return message;
}

Result<Message> parse_head(std::string_view wire) {
  if (wire.size() > kMaxMessage) return malformed("it is too long");
  Reader reader(wire);
  Message message;
  COVE_CHECK(read_head(reader, message));
  return message;
}

std::string encode(const Message& message, std::size_t max_bytes) {
  max_bytes = std::clamp(max_bytes, kPlainUdpMessage, kMaxMessage);
  Writer writer;
  put16(writer.wire, message.id);
  writer.wire.append(kHeaderBytes - 2, '\0');
  std::size_t questions = 0;
  for (const Question& question : message.questions) {
    const std::size_t before = writer.wire.size();
    writer.name(question.name);
    put16(writer.wire, question.type);
    put16(writer.wire, question.klass);
    if (writer.wire.size() > max_bytes) {
      writer.cut(before);
      break;
    }
    ++questions;
  }
  // An OPT record is the only one that must survive a cut: its place is kept free.
  const auto option = std::find_if(message.additionals.begin(), message.additionals.end(),
                                   [](const Record& record) { return record.type == kOpt; });
  const bool has_option = option != message.additionals.end();
  std::size_t reserve = has_option ? kHeaderBytes + option->name.size() + option->data.size() : 0;
  if (reserve > max_bytes / 2) reserve = 0;
  bool cut = questions < message.questions.size();
  std::array<std::size_t, 3> counts{};
  std::size_t which = 0;
  for (const auto* section : {&message.answers, &message.authorities, &message.additionals}) {
    for (const Record& record : *section) {
      const bool is_option = has_option && &record == &*option;
      if (is_option) reserve = 0;
      if (cut && !is_option) continue;
      const std::size_t before = writer.wire.size();
      writer.record(record);
      if (writer.wire.size() + reserve > max_bytes) {
        writer.cut(before);
        cut = true;
        continue;
      }
      ++counts[which];
    }
    ++which;
  }
  set16(writer.wire, 2, flags_of(message, message.truncated || cut));
  set16(writer.wire, 4, questions);
  for (std::size_t i = 0; i < counts.size(); ++i) set16(writer.wire, 6 + 2 * i, counts[i]);
  return std::move(writer.wire);
}

Result<std::string> normalize_name(std::string_view text) {
  const auto labels = labels_of(text);
  if (!labels)
    return Error{ErrorCode::kInvalidArgument, "use", std::string(text), "it is not a DNS name", ""};
  std::string name;
  for (const std::string& label : *labels) {
    if (!name.empty()) name += '.';
    for (const char c : label) append_text(name, static_cast<unsigned char>(c));
  }
  return name;
}

std::string wire_name(std::string_view name) {
  const auto labels = labels_of(name);
  if (!labels) return {};
  std::string wire;
  for (const std::string& label : *labels) {
    wire += static_cast<char>(label.size());
    wire += label;
  }
  return wire + '\0';
}

std::size_t udp_limit(const Message& query) {
  for (const Record& record : query.additionals) {
    if (record.type == kOpt)
      return std::clamp<std::size_t>(record.klass, kPlainUdpMessage, kLargestUdp);
  }
  return kPlainUdpMessage;
}

Message answer_to(const Message& query, ResponseCode code) {
  Message answer;
  answer.id = query.id;
  answer.response = true;
  answer.opcode = query.opcode;
  answer.recursion_desired = query.recursion_desired;
  answer.recursion_available = true;
  answer.checking_disabled = query.checking_disabled;
  answer.code = static_cast<std::uint8_t>(code);
  answer.questions = query.questions;
  for (const Record& record : query.additionals) {
    if (record.type != kOpt) continue;
    answer.additionals.push_back({"", kOpt, static_cast<std::uint16_t>(kLargestUdp), 0, ""});
    break;
  }
  return answer;
}

Record address_record(const std::string& name, std::uint32_t ttl, const Address& address) {
  const std::uint16_t type = address.family() == Family::kIpv4 ? kA : kAaaa;
  return {name, type, kInternet, ttl, std::string(address.bytes())};
}

Record name_record(const std::string& name, std::uint16_t type, std::uint32_t ttl,
                   const std::string& target) {
  return {name, type, kInternet, ttl, wire_name(target)};
}

Record text_record(const std::string& name, std::uint32_t ttl, const std::string& text) {
  const std::string cut = text.substr(0, 255);
  return {name, kTxt, kInternet, ttl, static_cast<char>(cut.size()) + cut};
}

Record authority_record(const std::string& zone, std::uint32_t ttl, const std::string& server,
                        const std::string& mailbox, std::uint32_t serial) {
  constexpr std::uint32_t kRefresh = 7200, kRetry = 1800, kExpire = 86400;
  std::string data = wire_name(server) + wire_name(mailbox);
  for (const std::uint32_t value : {serial, kRefresh, kRetry, kExpire, ttl}) put32(data, value);
  return {zone, kSoa, kInternet, ttl, std::move(data)};
}

std::optional<std::uint32_t> negative_ttl(const Record& authority) {
  // Two names of a byte at least, and five numbers.
  if (authority.type != kSoa || authority.data.size() < 22) return std::nullopt;
  std::uint32_t minimum = 0;
  for (const char byte : authority.data.substr(authority.data.size() - 4))
    minimum = minimum << 8 | static_cast<unsigned char>(byte);
  return std::min(minimum, authority.ttl);
}

Record service_record(const std::string& name, std::uint32_t ttl, std::uint16_t priority,
                      std::uint16_t weight, std::uint16_t port, const std::string& target) {
  std::string data;
  put16(data, priority);
  put16(data, weight);
  put16(data, port);
  return {name, kSrv, kInternet, ttl, data + wire_name(target)};
}

std::optional<Address> address_of_reverse(std::string_view name) {
  constexpr std::string_view kSuffix = ".in-addr.arpa";
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  std::string text;
  while (!name.empty()) {
    const auto dot = name.rfind('.');
    if (!text.empty()) text += '.';
    text += name.substr(dot == std::string_view::npos ? 0 : dot + 1);
    name = name.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  const auto address = Address::parse(text);
  if (!address || address->family() != Family::kIpv4) return std::nullopt;
  return *address;
}

std::string reverse_name(const Address& address) {
  std::string text;
  const std::string_view bytes = address.bytes();
  if (address.family() == Family::kIpv4) {
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte)
      text += std::to_string(static_cast<unsigned char>(*byte)) + ".";
    return text + "in-addr.arpa";
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    const auto value = static_cast<unsigned char>(*byte);
    text += kDigits[value & 15];
    text += '.';
    text += kDigits[value >> 4];
    text += '.';
  }
  return text + "ip6.arpa";
}

}  // namespace cove::network::dns
