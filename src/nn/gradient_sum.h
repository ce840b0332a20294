// Gradients of several networks that share a store's parameters, summed before one AdamW update: what training several
// paths of a supernet at once needs. Networks use top-left blocks, so what they touch of a parameter is, row by row, as
// many columns as the widest of them reads there. Only that is updated and cleared; nothing is copied.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "nn/adamw.h"
#include "nn/parameter_store.h"

namespace tabjoule {

class GradientSum {
 public:
  explicit GradientSum(ParameterStore& store) : store_(store) {}

  /// Counts the blocks that `network` uses as touched. Allocates when it meets a parameter for the first time.
  void touch(const Network& network);

  /// The block of the sum that belongs to `ref`; `touch` has seen its network. Gradients are added to it.
  [[nodiscard]] Block view(const ParameterRef& ref);

  /// Updates what was touched since the last update and sets its gradients to zero.
  void update(const AdamWOptions& options, ThreadPool& pool);

 private:
  struct Entry {
    Parameter* parameter = nullptr;
    Matrix gradient;           // of the parameter's whole shape
    std::vector<int> touched;  // columns, of each row
    int rows = 0;              // rows that are touched
    AdamWStep step{};
  };
  struct Task {
    Entry* entry;
    int first, last;  // rows
  };
  static void update_rows(const Task& task);

  ParameterStore& store_;
  std::map<std::string, Entry> entries_;
  std::vector<Task> tasks_;
};

}  // namespace tabjoule
