#include "nn/gradient_sum.h"

#include <algorithm>

namespace tabjoule {
namespace {

/// Rows of a parameter that are one task.
constexpr int kTaskRows = 64;

}  // namespace

void GradientSum::touch(const Network& network) {
  for (const auto& layer : network.layers) {
    for (const auto& ref : layer.parameters) {
      if (!ref.trained) continue;
      Entry& entry = entries_[ref.name];
      if (entry.parameter == nullptr) {
        entry.parameter = &store_.at(ref.name);
        entry.gradient = Matrix::Zero(entry.parameter->value.rows(), entry.parameter->value.cols());
        entry.touched.assign(static_cast<std::size_t>(entry.gradient.rows()), 0);
        // Room for every task there can be: no later update allocates.
        tasks_.reserve(tasks_.capacity() + static_cast<std::size_t>(entry.gradient.rows() / kTaskRows + 1));
      }
      for (int r = 0; r < ref.rows; ++r) {
        int& cols = entry.touched[static_cast<std::size_t>(r)];
        cols = std::max(cols, ref.cols);
      }
      entry.rows = std::max(entry.rows, ref.rows);
    }
  }
}

Block GradientSum::view(const ParameterRef& ref) {
  return block(entries_.at(ref.name).gradient).top_left(ref.rows, ref.cols);
}

void GradientSum::update(const AdamWOptions& options, ThreadPool& pool) {
  tasks_.clear();
  for (auto& [name, entry] : entries_) {
    if (entry.rows == 0) continue;
    entry.step = adamw_begin(*entry.parameter, options);
    for (int first = 0; first < entry.rows; first += kTaskRows)
      tasks_.push_back({&entry, first, std::min(first + kTaskRows, entry.rows)});
    entry.rows = 0;
  }
  pool.run(static_cast<int>(tasks_.size()), [this](int task) { update_rows(tasks_[static_cast<std::size_t>(task)]); });
}

void GradientSum::update_rows(const Task& task) {
  Entry& entry = *task.entry;
  for (int r = task.first; r < task.last; ++r) {
    int& cols = entry.touched[static_cast<std::size_t>(r)];
    const Block row = block(entry.gradient).middle_rows(r, 1).top_left(1, cols);
    adamw_update(*entry.parameter, r, 0, row, entry.step);
    std::fill_n(row.data, cols, 0.0F);
    cols = 0;
  }
}

}  // namespace tabjoule
