// Tables of things that have a state, which is a colour, a shape and a text.
#pragma once

#include <QTableView>

#include "ui/models/object_model.h"
#include "ui/theme/theme.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

// A state as a shape.
Glyph glyph_of(ObjectState state);

// A table that draws a state's shape before its text, for models with ObjectModel's roles. Chosen
// by whole rows; Enter activates.
QTableView* make_state_table(const Theme& theme, QAbstractItemModel& model, QWidget* parent);
// Pixels, of each column. While no person sets others, the first gives way to those behind it.
void set_column_widths(QTableView* table, const std::vector<int>& widths);
// A state table with the model's widths of columns.
QTableView* make_object_table(const Theme& theme, ObjectModel& model, QWidget* parent);

}  // namespace cove::ui
