#include "nn/parameter_store.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

Matrix initial(const ParameterRef& ref, Rng rng) {
  if (ref.init == Init::zeros) return Matrix::Zero(ref.rows, ref.cols);
  if (ref.init == Init::ones) return Matrix::Ones(ref.rows, ref.cols);
  const double bound = 1 / std::sqrt(static_cast<double>(ref.fan_in));
  Matrix value(ref.rows, ref.cols);
  for (Eigen::Index i = 0; i < value.size(); ++i) value.data()[i] = static_cast<float>(rng.uniform(-bound, bound));
  return value;
}

}  // namespace

void ParameterStore::add(const Network& network, const Rng& rng) {
  for (const auto& layer : network.layers) {
    for (const auto& ref : layer.parameters) {
      const auto [entry, added] = parameters_.try_emplace(ref.name);
      Parameter& parameter = entry->second;
      if (added) {
        parameter.value = initial(ref, rng.split(stable_hash(ref.name)));
        parameter.decay = ref.decay;
      } else if (parameter.value.rows() < ref.rows || parameter.value.cols() < ref.cols) {
        fail_internal("parameter \"{}\" is held as ({}, {}), the network needs ({}, {})", ref.name,
                      parameter.value.rows(), parameter.value.cols(), ref.rows, ref.cols);
      }
    }
  }
}

Parameter& ParameterStore::at(const std::string& name) {
  const auto found = parameters_.find(name);
  if (found == parameters_.end()) fail_internal("no parameter is named \"{}\"", name);
  return found->second;
}

const Parameter& ParameterStore::at(const std::string& name) const {
  return const_cast<ParameterStore*>(this)->at(name);
}

Block ParameterStore::view(const ParameterRef& ref) { return block(at(ref.name).value).top_left(ref.rows, ref.cols); }

ConstBlock ParameterStore::view(const ParameterRef& ref) const {
  return block(at(ref.name).value).top_left(ref.rows, ref.cols);
}

}  // namespace tabjoule
