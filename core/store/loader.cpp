#include "core/store/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

namespace cove::store {

Error Loader::not_following(Revision revision) const {
  return corrupt_store(path_, fmt::format("revision {} does not follow the one before", revision));
}

Result<Loader::Batch> Loader::read_batch(LogReader& rows, Batch reused) {
  constexpr std::size_t kRows = 4096;
  constexpr std::size_t kBytes = 4 << 20;
  Batch batch = std::move(reused);
  batch.bytes.clear();
  batch.parts.clear();
  while (batch.parts.size() < kRows && batch.bytes.size() < kBytes) {
    COVE_TRY(const std::optional<RowView> row, rows.next());
    if (!row) break;
    batch.bytes.append(row->key).append(row->value);
    batch.parts.push_back({*row, row->key.size(), row->value.size()});
  }
  return batch;
}

Result<Loaded> Loader::load(LogFile& file) {
  COVE_TRY(LogReader rows, file.read());
  const auto read_next = [&rows](Batch reused) {
    return std::async(std::launch::async, [&rows, reused = std::move(reused)]() mutable {
      return read_batch(rows, std::move(reused));
    });
  };
  auto next = read_next({});
  Batch done;
  while (true) {
    COVE_TRY(Batch batch, next.get());
    if (batch.parts.empty()) break;
    next = read_next(std::move(done));
    COVE_CHECK(add_batch(batch));
    done = std::move(batch);
  }
  COVE_CHECK(merge_runs());
  return rows.loaded();
}

Result<void> Loader::add_batch(const Batch& batch) {
  std::string_view rest = batch.bytes;
  scratch_.clear();
  for (const Batch::Part& part : batch.parts) {
    RowView row = part.row;
    row.key = rest.substr(0, part.key_bytes);
    row.value = rest.substr(part.key_bytes, part.value_bytes);
    rest.remove_prefix(part.key_bytes + part.value_bytes);
    if (row.compacted) {
      scratch_.push_back(row);
      continue;
    }
    // History comes after all that is compacted.
    COVE_CHECK(keep_run(scratch_));
    COVE_CHECK(merge_runs());
    COVE_CHECK(add(row));
  }
  return keep_run(scratch_);
}

Result<void> Loader::keep_run(std::vector<RowView>& rows) {
  if (rows.empty()) return {};
  Run run;
  run.objects.reserve(rows.size());
  std::ranges::sort(rows, {}, &RowView::key);
  for (const RowView& row : rows) {
    if (row.operation == RowOperation::kDelete) return not_following(row.revision);
    run.keys.append(row.key);
    run.objects.push_back(
        {run.keys.size(), row.revision, std::make_shared<const std::string>(row.value)});
    bytes_ += row.key.size() + row.value.size();
  }
  objects_ += rows.size();
  runs_.push_back(std::move(run));
  rows.clear();
  return {};
}

Result<void> Loader::merge_runs() {
  const auto later = [](const Run* a, const Run* b) { return a->key() > b->key(); };
  std::vector<Run*> heap;
  heap.reserve(runs_.size());
  for (Run& run : runs_) heap.push_back(&run);
  std::ranges::make_heap(heap, later);
  Bytes last;
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, later);
    Run& run = *heap.back();
    Run::Object& object = run.objects[run.next];
    if (last && *last == run.key()) return not_following(object.revision);
    last = std::make_shared<const std::string>(run.key());
    index_.append(last, object.revision, std::move(object.value));
    run.key_begin = object.key_end;
    if (++run.next == run.objects.size()) {
      heap.pop_back();
    } else {
      std::ranges::push_heap(heap, later);
    }
  }
  runs_.clear();
  return {};
}

Result<void> Loader::add(const RowView& row) {
  const Version* there = index_.seek(row.key);
  const Revision live = there != nullptr && there->value ? there->revision : 0;
  const bool deletes = row.operation == RowOperation::kDelete;
  const bool creates = row.operation == RowOperation::kCreate;
  if (row.previous != live || (live == 0) != creates) return not_following(row.revision);
  Bytes previous = there != nullptr ? there->value : nullptr;
  objects_ += live == 0 ? 1 : 0;
  objects_ -= deletes ? 1 : 0;
  bytes_ += row.value.size();
  bytes_ -= previous ? previous->size() : 0;
  bytes_ += live == 0 ? row.key.size() : 0;
  bytes_ -= deletes ? row.key.size() : 0;
  Bytes value = deletes ? nullptr : std::make_shared<const std::string>(row.value);
  const auto added = index_.push(std::make_shared<const std::string>(row.key), row.revision, value);
  const EventType type = deletes   ? EventType::kDeleted
                         : creates ? EventType::kCreated
                                   : EventType::kUpdated;
  history_.add(std::make_shared<const Event>(Event{row.revision, type, added.key, std::move(value),
                                                   live, std::move(previous)}),
               *added.version, now_);
  history_.expire(now_);
  return {};
}

}  // namespace cove::store
