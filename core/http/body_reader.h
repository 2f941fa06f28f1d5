// BodyReader: the bytes of an answer's whole body in the order they are sent. Private to this room.
#pragma once

#include <string_view>

#include "core/http/handler.h"

namespace cove::http {

class BodyReader {
 public:
  // Shares the answer's body; the answer may go.
  void begin(const Answer& answer);
  // Forgets the body; nothing is left then.
  void end() { *this = BodyReader(); }

  std::size_t left() const { return left_; }
  // The next bytes: at least one unless nothing is left, `limit` at most. Valid while the reader
  // has the body.
  std::string_view next(std::size_t limit);

 private:
  std::string_view segment() const;

  std::shared_ptr<const std::string> whole_;
  std::shared_ptr<const JoinedBody> joined_;
  std::size_t segment_ = 0;  // of a joined body: before, part, comma, part, … after
  std::size_t sent_ = 0;     // of the segment
  std::size_t left_ = 0;
};

}  // namespace cove::http
