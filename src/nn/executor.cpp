#include "nn/executor.h"

#include <algorithm>

namespace tabjoule {
namespace {

std::size_t value_floats(const Layer& layer, int rows) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(layer.tokens) *
         static_cast<std::size_t>(layer.width);
}

}  // namespace

/// Decides which layers work in the buffers of what they read: those whose kind allows it, behind a layer that nobody
/// else reads and whose value no backward needs.
void Executor::place(const Network& network, std::vector<int>& readers, std::vector<Placement>& placements) {
  readers.assign(network.layers.size(), 0);
  placements.assign(network.layers.size(), {});
  for (const Layer& layer : network.layers)
    for (const int input : layer.inputs) ++readers[static_cast<std::size_t>(input)];
  for (std::size_t i = 1; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    const LayerKind& kind = kind_of(layer.type);
    Placement& placement = placements[i];
    placement.value_read = kind.backward_reads_value();
    if (kind.in_place_input() < 0) continue;
    const auto input = static_cast<std::size_t>(layer.inputs[static_cast<std::size_t>(kind.in_place_input())]);
    const bool drops = layer.type == LayerType::dropout;  // zeroes, and scales what is over zero: a ReLU still knows
    if (input == 0 || readers[input] != 1 || (placements[input].value_read && !drops)) continue;
    placement.in_place = kind.in_place_input();
    placement.value_read |= placements[input].value_read;
    placement.fused_relu = layer.type == LayerType::relu && network.layers[input].type == LayerType::linear;
  }
}

/// Room for everything that bind carves.
std::size_t Executor::arena_floats(const Network& network, std::span<const Placement> placements, int rows,
                                   int shards) {
  std::size_t floats = kLineFloats;
  std::size_t scratch = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    if (placements[i].in_place < 0) floats += (shards > 0 ? 2 : 1) * whole_lines(value_floats(layer, rows));
    if (i == 0) continue;
    const LayerKind& kind = kind_of(layer.type);
    floats += whole_lines(kind.kept_floats(layer, inputs_of(network, layer), rows, std::max(shards, 1)));
    scratch = std::max(scratch, whole_lines(kind.scratch_floats(layer, inputs_of(network, layer))));
  }
  return floats + scratch * static_cast<std::size_t>(std::max(shards, 1));
}

std::size_t Executor::bytes(const Network& network, int rows, int shards) {
  std::vector<int> readers;
  std::vector<Placement> placements;
  place(network, readers, placements);
  return sizeof(float) * arena_floats(network, placements, rows, shards);
}

float* Executor::carve(std::size_t floats) {
  float* result = arena_.data() + used_;
  used_ += whole_lines(floats);
  return result;
}

Block Executor::carve_value(const Layer& layer) {
  return {carve(value_floats(layer, binding_.rows)), binding_.rows * layer.tokens, layer.width, layer.width};
}

void Executor::bind(const Network& network, const ParameterStore& store, const Binding& binding) {
  network_ = &network;
  binding_ = binding;
  const std::size_t count = network.layers.size();
  place(network, readers_, placements_);
  const std::size_t size = arena_floats(network, placements_, binding.rows, binding.shards);
  if (arena_.size() < size) arena_.resize(size);
  const auto misaligned = reinterpret_cast<std::uintptr_t>(arena_.data()) / sizeof(float) % kLineFloats;
  used_ = (kLineFloats - misaligned) % kLineFloats;
  bound_.assign(count, {});
  stages_.clear();
  stages_.push_back({1, count});
  std::size_t scratch = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bind_layer(i, store);
    if (i == 0) continue;
    const LayerKind& kind = kind_of(network.layers[i].type);
    scratch =
        std::max(scratch, whole_lines(kind.scratch_floats(network.layers[i], inputs_of(network, network.layers[i]))));
    if (!kind.spans_batch() || binding.shards == 0) continue;
    stages_.back().end = i;
    stages_.push_back({i, count});
  }
  float* shared_scratch = carve(scratch * static_cast<std::size_t>(std::max(binding.shards, 1)));
  for (BoundLayer& bound : bound_) {
    bound.scratch = shared_scratch;
    bound.scratch_stride = scratch;
  }
  // Backward goes from the last layer to the first; of the layers that read another, the last one writes first.
  readers_.assign(count, 0);
  for (std::size_t i = count; i-- > 1;)
    for (std::size_t which = 0; which < network.layers[i].inputs.size(); ++which)
      bound_[i].inputs[which].adds = readers_[static_cast<std::size_t>(network.layers[i].inputs[which])]++ > 0;
}

void Executor::bind_layer(std::size_t index, const ParameterStore& store) {
  const Layer& layer = network_->layers[index];
  BoundLayer& bound = bound_[index];
  bound.layer = &layer;
  bound.training = binding_.shards > 0;
  bound.rows = binding_.rows;
  bound.shards = std::max(binding_.shards, 1);
  bound.first_row = binding_.first_row;
  if (binding_.dropout != nullptr && layer.rate > 0) {
    bound.drops = true;
    bound.dropout_stream = binding_.dropout->split(index).next();
  }
  for (std::size_t which = 0; which < layer.inputs.size(); ++which) bind_input(bound, which);
  const Placement& placement = placements_[index];
  if (placement.in_place >= 0) {
    auto& input = bound.inputs[static_cast<std::size_t>(placement.in_place)];
    input.in_place = true;
    bound.value = input.value;
    bound.gradient = input.gradient;
    if (placement.fused_relu) bound.fused_relu = bound_[static_cast<std::size_t>(layer.inputs[0])].fused_relu = true;
  } else {
    bound.value = carve_value(layer);
    if (bound.training) bound.gradient = carve_value(layer);
  }
  for (std::size_t p = 0; p < layer.parameters.size(); ++p) bound.parameters[p] = store.view(layer.parameters[p]);
  if (index > 0)
    bound.kept =
        carve(kind_of(layer.type).kept_floats(layer, inputs_of(*network_, layer), binding_.rows, bound.shards));
}

void Executor::bind_input(BoundLayer& bound, std::size_t which) {
  const auto index = static_cast<std::size_t>(bound.layer->inputs[which]);
  BoundLayer::Input& input = bound.inputs[which];
  input.value = bound_[index].value;
  input.gradient = bound_[index].gradient;
  input.tokens = network_->layers[index].tokens;
  input.wanted = index != 0;  // nobody asks for the gradient of the features
}

void Executor::evaluate() {
  const Pass all{0, binding_.rows, 0};
  for (std::size_t i = 1; i < bound_.size(); ++i) kind_of(network_->layers[i].type).forward(bound_[i], all);
}

void Executor::forward(int stage, int shard) {
  const auto [begin, end] = stages_[static_cast<std::size_t>(stage)];
  const Pass pass = rows_of_shard(shard);
  for (std::size_t i = begin; i < end; ++i) kind_of(network_->layers[i].type).forward(bound_[i], pass);
  if (end < bound_.size()) kind_of(network_->layers[end].type).forward_sums(bound_[end], pass);
}

void Executor::join_forward(int stage) {
  const std::size_t next = stages_[static_cast<std::size_t>(stage)].end;
  if (next < bound_.size()) kind_of(network_->layers[next].type).join_forward(bound_[next]);
}

void Executor::backward(int stage, int shard) {
  const auto [begin, end] = stages_[static_cast<std::size_t>(stage)];
  const Pass pass = rows_of_shard(shard);
  if (end < bound_.size()) kind_of(network_->layers[end].type).backward(bound_[end], pass);
  const std::size_t first = stage > 0 ? begin + 1 : begin;
  for (std::size_t i = end; i-- > first;) kind_of(network_->layers[i].type).backward(bound_[i], pass);
  if (stage > 0) kind_of(network_->layers[begin].type).backward_sums(bound_[begin], pass);
}

void Executor::join_backward(int stage) {
  const std::size_t begin = stages_[static_cast<std::size_t>(stage)].begin;
  if (stage > 0) kind_of(network_->layers[begin].type).join_backward(bound_[begin]);
}

void Executor::tile_gradient(std::size_t layer, int tile, std::span<const Block> out, bool add) const {
  kind_of(network_->layers[layer].type).tile_gradient(bound_[layer], tile, out, add);
}

void Executor::move_running_statistics(ParameterStore& store, double weight) const {
  for (const BoundLayer& bound : bound_) {
    if (bound.layer->type != LayerType::batchnorm) continue;
    const BatchStatistics found = batch_statistics(bound);
    const double unbiased = found.rows > 1 ? static_cast<double>(found.rows) / (found.rows - 1) : 1;
    float* mean = store.view(bound.layer->parameters[2]).data;
    float* variance = store.view(bound.layer->parameters[3]).data;
    for (int c = 0; c < found.cols; ++c) {
      mean[c] += static_cast<float>(weight * (static_cast<double>(found.mean[c]) - mean[c]));
      variance[c] += static_cast<float>(weight * (unbiased * found.variance[c] - variance[c]));
    }
  }
}

}  // namespace tabjoule
