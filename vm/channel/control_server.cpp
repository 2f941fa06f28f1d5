#include "vm/channel/control_server.h"

namespace cove::channel {

Result<ControlServer> ControlServer::open(Fd port, ControlHandler& handler) {
  COVE_TRY(FrameLine line, FrameLine::open(std::move(port)));
  return ControlServer(std::make_shared<Shared>(Shared{std::move(line), handler, 0, {}, 0}));
}

void ControlServer::process() {
  const bool there = shared_->line.pump([this](const Frame& frame) { receive(shared_, frame); });
  if (!there) {
    shared_->session = 0;
    shared_->waiting.clear();
  }
  shared_->line.flush();
}

void ControlServer::state_changed() {
  if (shared_->waiting.empty()) return;
  const NodeState state = shared_->handler.state();
  if (!state.coved_ready && state.trouble.empty()) return;
  for (const std::uint64_t id : std::exchange(shared_->waiting, {})) {
    answer(*shared_, shared_->session, id, {});
  }
}

void ControlServer::answer(Shared& shared, std::uint64_t session, std::uint64_t id,
                           const Result<void>& result) {
  if (session == 0 || session != shared.session) return;  // who asked is gone
  ControlResponse response;
  response.id = id;
  if (result.has_error()) {
    response.result = result.error();
  } else {
    response.result = shared.handler.state();
  }
  shared.line.send(FrameType::kResponse, session, to_json(response));
  shared.line.flush();
}

void ControlServer::receive(const std::shared_ptr<Shared>& shared, const Frame& frame) {
  if (frame.type == FrameType::kHello) {
    if (frame.session == 0) return;
    if (shared->session != frame.session) shared->waiting.clear();
    shared->session = frame.session;
    shared->line.send(FrameType::kHelloReply, frame.session, "{}");
    return;
  }
  if (frame.type != FrameType::kRequest || frame.session == 0 || frame.session != shared->session)
    return;
  auto parsed = parse_control_request(frame.payload);
  if (parsed.has_error()) {
    answer(*shared, frame.session, request_id(frame.payload), parsed.error());
    return;
  }
  request(shared, std::move(*parsed));
}

void ControlServer::request(const std::shared_ptr<Shared>& shared, ControlRequest request) {
  const std::uint64_t session = shared->session;
  const std::uint64_t id = request.id;
  const auto refuse = [&] {
    answer(
        *shared, session, id,
        Error{ErrorCode::kResourceExhausted, "answer", "the request", "too many are waiting", ""});
  };
  switch (request.method) {
    case ControlRequest::Method::kConfigure: {
      if (shared->configuring == kMaxPending) return refuse();
      ++shared->configuring;
      shared->handler.configure(
          std::move(request.configuration),
          [weak = std::weak_ptr(shared), session, id](const Result<void>& result) {
            const auto alive = weak.lock();
            if (!alive) return;
            --alive->configuring;
            answer(*alive, session, id, result);
          });
      return;
    }
    case ControlRequest::Method::kWait: {
      const NodeState state = shared->handler.state();
      if (state.coved_ready || !state.trouble.empty()) return answer(*shared, session, id, {});
      if (shared->waiting.size() == kMaxPending) return refuse();
      shared->waiting.push_back(id);
      return;
    }
    case ControlRequest::Method::kState: return answer(*shared, session, id, {});
    case ControlRequest::Method::kSetTime:
      return answer(*shared, session, id, shared->handler.set_time(request.unix_nanoseconds));
    case ControlRequest::Method::kPowerOff:
      return answer(*shared, session, id, shared->handler.power_off());
  }
}

}  // namespace cove::channel
