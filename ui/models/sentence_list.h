// The English sentences of sentences.h, marked for translation under the context "Sentences".
#pragma once

#include <span>

namespace cove::ui {

// What fails: an error's action with its subject.
std::span<const char* const> known_actions();
// What it fails for.
std::span<const char* const> known_subjects();
// Causes, remedies, reasons and notes.
std::span<const char* const> known_texts();

}  // namespace cove::ui
