// What the libraries below the desktop say of failures, in the language of the program. They have
// no Qt and speak English; the sentences that they can say stand in one list, with %1, %2 … for
// what changes. A sentence that is not in it stays as it is.
#pragma once

#include <QString>
#include <QStringList>

#include "core/base/result.h"

namespace cove::ui {

// A cause, remedy, note or reason, or an Error::message().
QString told(const QString& english);
QString told(const std::string& english);
// "Cannot start the virtual machine cove: QEMU is not installed."
QString told_failure(const Error& error);

// The list, as it stands there.
QStringList known_sentences();

}  // namespace cove::ui
