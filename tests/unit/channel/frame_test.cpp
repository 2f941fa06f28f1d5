#include "vm/channel/frame.h"

#include <gtest/gtest.h>

#include <random>

namespace cove::channel {
namespace {

std::vector<Frame> decode(FrameDecoder& decoder, std::string_view bytes,
                          std::size_t piece = 1 << 20) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    decoder.push(bytes.substr(0, piece), [&](Frame frame) { frames.push_back(std::move(frame)); });
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return frames;
}

std::string every_byte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes + bytes;
}

TEST(Frame, ChecksumIsIeee) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
}

TEST(Frame, CarriesEveryByteInPiecesOfAnySize) {
  const std::string wire = encode_frame(FrameType::kShellData, 0xC0DBDCDD01020304ULL, every_byte());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, wire.size()}) {
    FrameDecoder decoder;
    const auto frames = decode(decoder, wire, piece);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].type, FrameType::kShellData);
    EXPECT_EQ(frames[0].session, 0xC0DBDCDD01020304ULL);
    EXPECT_EQ(frames[0].payload, every_byte());
    EXPECT_EQ(decoder.dropped(), 0U);
  }
}

TEST(Frame, DelimiterStandsOnlyAtTheEnds) {
  const std::string wire = encode_frame(FrameType::kRequest, ~0ULL, std::string(1000, '\xC0'));
  EXPECT_EQ(std::count(wire.begin(), wire.end(), '\xC0'), 2);
}

TEST(Frame, WhatADeadPeerLeftDisturbsNoFrameAfterIt) {
  const std::string whole = encode_frame(FrameType::kRequest, 1, every_byte());
  for (std::size_t cut = 0; cut + 1 < whole.size(); ++cut) {
    FrameDecoder decoder;
    const auto frames =
        decode(decoder, whole.substr(0, cut) + encode_frame(FrameType::kHello, 2, "{}"));
    ASSERT_FALSE(frames.empty()) << cut;
    EXPECT_EQ(frames.back().session, 2U) << cut;
    EXPECT_EQ(frames.size(), 1U) << cut;
  }
}

TEST(Frame, DamagedFramesAreDroppedAndCounted) {
  const std::string whole = encode_frame(FrameType::kRequest, 1, "some words");
  for (std::size_t i = 1; i + 1 < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    FrameDecoder decoder;
    const auto frames = decode(decoder, damaged + encode_frame(FrameType::kRequest, 2, "next"));
    ASSERT_EQ(frames.size(), 1U) << i;
    EXPECT_EQ(frames[0].payload, "next");
    EXPECT_GE(decoder.dropped(), 1U);
  }
}

TEST(Frame, LargestPayloadPassesAndOneMoreByteDoesNot) {
  FrameDecoder decoder;
  EXPECT_EQ(
      decode(decoder, encode_frame(FrameType::kShellData, 1, std::string(kMaxPayload, '\xDB')))
          .size(),
      1U);
  EXPECT_TRUE(
      decode(decoder, encode_frame(FrameType::kShellData, 1, std::string(kMaxPayload + 1, 'x')))
          .empty());
  EXPECT_EQ(decoder.dropped(), 1U);
  EXPECT_EQ(decode(decoder, encode_frame(FrameType::kShellData, 1, "after")).size(), 1U);
}

TEST(Frame, EndlessGarbageIsNotKept) {
  FrameDecoder decoder;
  const std::string garbage(1 << 20, 'g');
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(decode(decoder, garbage).empty());
  EXPECT_EQ(decode(decoder, encode_frame(FrameType::kHello, 3, "")).size(), 1U);
  EXPECT_EQ(decoder.dropped(), 1U);
}

TEST(Frame, RandomBytesAreNoFrames) {
  std::mt19937 random(7);
  FrameDecoder decoder;
  std::string noise;
  for (int i = 0; i < 1 << 20; ++i) noise += static_cast<char>(random());
  EXPECT_TRUE(decode(decoder, noise, 4093).empty());
  EXPECT_GT(decoder.dropped(), 0U);
  EXPECT_EQ(decode(decoder, encode_frame(FrameType::kHello, 3, "")).size(), 1U);
}

TEST(Frame, UnknownTypesAreDropped) {
  FrameDecoder decoder;
  EXPECT_TRUE(decode(decoder, encode_frame(static_cast<FrameType>(9), 1, "x")).empty());
  EXPECT_EQ(decoder.dropped(), 1U);
}

}  // namespace
}  // namespace cove::channel
