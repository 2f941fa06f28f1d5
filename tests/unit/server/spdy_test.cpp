#include "core/server/streaming/spdy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

#include "core/server/streaming/channels.h"

namespace cove::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Seen final : public SpdyEvents {
 public:
  void opened(std::uint32_t stream, const SpdyHeaders& headers, bool last) override {
    std::string text = fmt::format("open {}", stream);
    for (const auto& [name, value] : headers) text += fmt::format(" {}={}", name, value);
    add(text, last);
  }
  void data(std::uint32_t stream, std::string_view part, bool last) override {
    add(fmt::format("data {} {}", stream, part), last);
  }
  void reset(std::uint32_t stream) override { add(fmt::format("reset {}", stream), false); }
  void ping(std::uint32_t id) override { add(fmt::format("ping {}", id), false); }
  void going_away() override { add("away", false); }

  std::vector<std::string> all;

 private:
  void add(std::string text, bool last) { all.push_back(std::move(text) + (last ? "." : "")); }
};

std::string word(std::uint32_t value, int bytes = 4) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

std::string control(std::uint16_t type, std::uint8_t flags, const std::string& payload) {
  return word(0x8003, 2) + word(type, 2) + word(flags, 1) +
         word(static_cast<std::uint32_t>(payload.size()), 3) + payload;
}

// What a client's compressor does, over all of its header blocks.
class Client {
 public:
  Client() {
    ::deflateInit(&stream_, Z_DEFAULT_COMPRESSION);
    const std::string& words = spdy_dictionary();
    ::deflateSetDictionary(&stream_, reinterpret_cast<const Bytef*>(words.data()),
                           static_cast<uInt>(words.size()));
  }
  ~Client() { ::deflateEnd(&stream_); }
  Client(const Client&) = delete;

  std::string deflate(std::string block) {
    std::string out(block.size() + 256, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(block.data());
    stream_.avail_in = static_cast<uInt>(block.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(::deflate(&stream_, Z_SYNC_FLUSH), Z_OK);
    out.resize(out.size() - stream_.avail_out);
    return out;
  }
  std::string open(std::uint32_t stream, const SpdyHeaders& headers, bool last = false) {
    std::string block = word(static_cast<std::uint32_t>(headers.size()));
    for (const auto& [name, value] : headers) {
      block += word(static_cast<std::uint32_t>(name.size())) + name;
      block += word(static_cast<std::uint32_t>(value.size())) + value;
    }
    return control(1, last ? 1 : 0, word(stream) + word(0) + word(0, 2) + deflate(block));
  }

 private:
  z_stream stream_{};
};

TEST(Spdy, DictionaryIsThatOfTheSpecification) {
  const std::string& words = spdy_dictionary();
  EXPECT_EQ(words.size(), 1423U);
  EXPECT_EQ(
      ::adler32(1, reinterpret_cast<const Bytef*>(words.data()), static_cast<uInt>(words.size())),
      0xe3c6a7c2U);
}

TEST(Spdy, ReadsFramesHoweverTheyAreCut) {
  Client client;
  std::string all = client.open(1, {{"streamtype", "error"}, {"port", "80"}}, true);
  all += client.open(3, {{"streamtype", "data"}, {"port", "80"}});
  all += control(4, 0, word(0)) + control(9, 0, word(3) + word(100));  // passed over
  all += control(77, 0, "?");
  all += control(6, 0, word(5));
  all += word(3) + word(0, 1) + word(0, 3);
  all += word(3) + word(1, 1) + word(2, 3) + "hi";
  all += control(3, 0, word(3) + word(5)) + control(7, 0, word(0) + word(0));
  Seen whole;
  SpdyReader reader;
  EXPECT_TRUE(reader.put(all, whole));
  EXPECT_THAT(whole.all,
              ElementsAre("open 1 streamtype=error port=80.", "open 3 streamtype=data port=80",
                          "ping 5", "data 3 hi.", "reset 3", "away"));
  Seen bytes;
  SpdyReader slow;
  for (const char& c : all) ASSERT_TRUE(slow.put({&c, 1}, bytes));
  EXPECT_THAT(bytes.all,
              ElementsAre("open 1 streamtype=error port=80.", "open 3 streamtype=data port=80",
                          "ping 5", "data 3 h", "data 3 i.", "reset 3", "away"));
}

TEST(Spdy, RefusesWhatNoClientMaySend) {
  Client client;
  const std::string open = client.open(1, {});
  Client bomb;
  std::string broken = Client().open(1, {{"a", "b"}});
  broken[20] = '\xff';
  const std::string cases[] = {
      word(0x8002, 2) + word(1, 2) + word(0),               // version 2
      word(0x8003, 2) + word(1, 2) + word(100'000),         // a frame that is too long
      word(0) + word(0, 1) + word(1, 3) + "x",              // data of no stream
      Client().open(2, {}),                                 // a server's stream
      control(1, 0, "short"),                               //
      control(1, 0, word(1) + word(0) + word(0, 2) + "?"),  // not compressed
      broken,
      bomb.open(1, {{"a", std::string(65'000, 'x')}, {"b", std::string(65'000, 'x')}}),
      Client().open(1, {{"", "no name"}}),
      control(3, 0, word(1)),
      control(6, 0, word(1) + word(1)),
  };
  for (const std::string& bytes : cases) {
    Seen seen;
    SpdyReader reader;
    EXPECT_FALSE(reader.put(bytes, seen)) << ::testing::PrintToString(bytes.substr(0, 40));
    EXPECT_FALSE(reader.put(open, seen));
    EXPECT_THAT(seen.all, IsEmpty());
  }
}

TEST(Spdy, HeadersThatLieAboutTheirLengths) {
  for (const std::string& block :
       {word(1), word(2) + word(1) + "a" + word(1) + "b", word(1) + word(0xffffffff) + "a",
        word(0xffffffff), std::string()}) {
    Client client;
    Seen seen;
    SpdyReader reader;
    EXPECT_FALSE(
        reader.put(control(1, 0, word(1) + word(0) + word(0, 2) + client.deflate(block)), seen));
  }
}

TEST(Spdy, RepliesAreOneCompressedStream) {
  SpdyReplies replies;
  z_stream stream{};
  ::inflateInit(&stream);
  for (const std::uint32_t id : {1U, 3U, 5U}) {
    std::string frame = replies.reply(id);
    ASSERT_GT(frame.size(), 12U);
    EXPECT_EQ(frame.substr(0, 4), word(0x8003, 2) + word(2, 2));
    EXPECT_EQ(frame.substr(4, 4), word(static_cast<std::uint32_t>(frame.size() - 8)));
    EXPECT_EQ(frame.substr(8, 4), word(id));
    std::string block(64, '?');
    stream.next_in = reinterpret_cast<Bytef*>(frame.data() + 12);
    stream.avail_in = static_cast<uInt>(frame.size() - 12);
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    if (id == 1) {
      EXPECT_EQ(::inflate(&stream, Z_SYNC_FLUSH), Z_NEED_DICT);
      const std::string& words = spdy_dictionary();
      ::inflateSetDictionary(&stream, reinterpret_cast<const Bytef*>(words.data()),
                             static_cast<uInt>(words.size()));
    }
    EXPECT_EQ(::inflate(&stream, Z_SYNC_FLUSH), Z_OK);
    block.resize(block.size() - stream.avail_out);
    EXPECT_EQ(block, word(0));
  }
  ::inflateEnd(&stream);
  EXPECT_EQ(spdy_data(3, "hi", true), word(3) + word(1, 1) + word(2, 3) + "hi");
  EXPECT_EQ(spdy_reset(3, SpdyReset::kRefused), control(3, 0, word(3) + word(3)));
  EXPECT_EQ(spdy_ping(7), control(6, 0, word(7)));
}

// The client's bytes come by feed(); what it would receive goes nowhere.
class ScriptedTunnel final : public http::Tunnel {
 public:
  void read(std::size_t, Read done) override { read_ = std::move(done); }
  void write(std::string, Written done) override { written_.push_back(std::move(done)); }
  void finish() override {}
  void close() override {}

  // False: the server reads no more.
  bool feed(std::string bytes) {
    for (const Written& done : std::exchange(written_, {})) done({});
    const Read read = std::exchange(read_, nullptr);
    if (read) read(std::move(bytes));
    return read != nullptr;
  }

 private:
  Read read_;
  std::vector<Written> written_;
};

class TakesAKilobyte final : public ChannelListener {
 public:
  void ready() override { is_ready = true; }
  bool received(Channel, std::string_view part) override { return (bytes += part.size()) < 1024; }
  void ended(Channel) override {}
  void gone() override {}

  bool is_ready = false;
  std::size_t bytes = 0;
};

// kubectl writes its input while the answer to the ping waits behind it: whoever stopped reading
// until that answer would never see it.
TEST(Spdy, InputIsAsGoodAsTheAnswerToThePing) {
  auto owned = std::make_unique<ScriptedTunnel>();
  ScriptedTunnel& tunnel = *owned;
  const auto channels =
      spdy_channels(std::make_shared<Wire>(std::move(owned)), {.in = true, .out = true});
  const auto listener = std::make_shared<TakesAKilobyte>();
  channels->start(listener);
  Client client;
  ASSERT_TRUE(tunnel.feed(client.open(1, {{"streamtype", "error"}})));
  ASSERT_TRUE(tunnel.feed(client.open(3, {{"streamtype", "stdin"}})));
  const std::string much = word(3) + word(0, 1) + word(2'000, 3) + std::string(2'000, 'x');
  ASSERT_TRUE(tunnel.feed(client.open(5, {{"streamtype", "stdout"}})));
  EXPECT_FALSE(listener->is_ready);
  ASSERT_TRUE(tunnel.feed(much));
  EXPECT_TRUE(listener->is_ready);
  EXPECT_FALSE(tunnel.feed(control(6, 0, word(2))));
  channels->resume();
  EXPECT_TRUE(tunnel.feed({}));
}

}  // namespace
}  // namespace cove::server
