// The values of parameters by name. A network sees slices of them, so that one store serves a network of its
// own as well as every sub-network of a supernet.
#pragma once

#include <map>
#include <string>

#include "base/matrix.h"
#include "base/random.h"
#include "nn/network.h"

namespace tabjoule {

struct Parameter {
  Matrix value;              ///< (rows, cols) of the largest user
  Matrix first_moment;       ///< AdamW's m, same shape; empty until training starts
  Matrix second_moment;      ///< AdamW's v
  std::int64_t updates = 0;  ///< how often AdamW has touched it: the t of its bias correction
  bool decay = true;
};

/// Not thread-safe for writing; reading slices from several threads is fine while nobody writes.
class ParameterStore {
 public:
  /// Adds what `network` names and the store lacks, initialised from `rng` by the parameter's name (the same
  /// whatever the order). Errors (internal): a parameter is already held with a smaller extent.
  void add(const Network& network, const Rng& rng);

  [[nodiscard]] Parameter& at(const std::string& name);
  [[nodiscard]] const Parameter& at(const std::string& name) const;
  [[nodiscard]] bool contains(const std::string& name) const { return parameters_.contains(name); }

  /// The block of `ref` in the store: no copy.
  [[nodiscard]] Block view(const ParameterRef& ref);
  [[nodiscard]] ConstBlock view(const ParameterRef& ref) const;

  [[nodiscard]] const std::map<std::string, Parameter>& all() const { return parameters_; }
  [[nodiscard]] std::map<std::string, Parameter>& all() { return parameters_; }

 private:
  std::map<std::string, Parameter> parameters_;
};

}  // namespace tabjoule
