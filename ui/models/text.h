// Words for things: every phase, step, operation, duration and size as the interface says it,
// translated.
#pragma once

#include <QString>
#include <chrono>

#include "ui/bridge/cluster_bridge.h"
#include "vm/provision/status.h"

namespace cove::ui {

QString text_of(provision::Phase phase);
// One sentence about what the phase means for the user.
QString meaning_of(provision::Phase phase);
// By Step::id; an id this version does not know shows the step's own English title.
QString title_of(const provision::Step& step);
// "Start cove", "Create cove"
QString title_of(const OperationRequest& request);
// "Starting cove…"
QString doing(const OperationRequest& request);
// "cove is running", "cove was deleted"
QString done(const OperationRequest& request);
// "cove could not be started"
QString failed(const OperationRequest& request);
QString text_of(vm::NetworkMode mode);
// "0.8 s", "12 s", "2 min 5 s", "3 h 12 min", "4 d 2 h"
QString duration(std::chrono::milliseconds time);
// "2 GiB", "1.5 GiB", "512 MiB"
QString mebibytes(std::uint64_t mebibytes);
// The error as one sentence, without the remedy.
QString sentence_of(const Error& error);
QString remedy_of(const Error& error);

bool in_transition(provision::Phase phase);

}  // namespace cove::ui
