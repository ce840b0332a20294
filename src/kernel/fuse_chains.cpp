// Vertical fusion: an operator takes those that follow it, step by step.
#include <algorithm>

#include "base/text.h"
#include "kernel/fuse.h"

namespace tabjoule {
namespace {

constexpr std::size_t kNobody = Units::kNobody;

bool has_channels(KernelType type) {
  return type == KernelType::linear || type == KernelType::conv || type == KernelType::dwconv;
}

/// 0 of what has none.
std::int64_t channels_of(const KernelKey& key) {
  return has_channels(key.type) ? key.shape[key.type == KernelType::linear ? 1 : 2] : 0;
}

class ChainFuser {
 public:
  ChainFuser(const Units& units, const FusionRules& rules) : units_(units), rules_(rules) {}

  std::vector<Draft> fuse() {
    taken_.assign(units_.list().size(), false);
    std::vector<Draft> drafts;
    for (std::size_t head = 0; head < units_.list().size(); ++head) {
      if (!taken_[head]) drafts.push_back(start(head));
    }
    return drafts;
  }

 private:
  Draft start(std::size_t head) {
    const Unit& unit = units_.list()[head];
    Draft draft{{{{head}, unit.outputs.empty() ? std::string_view{} : unit.outputs[0], false}}, unit.key, false};
    const FusionChain* chain = rules_.chain_of(std::string(unit.op));
    if (chain == nullptr || unit.outputs.size() != 1) return draft;
    for (const FusionStep& step : chain->steps) {
      bool matched = false;
      while (take_next(draft, step)) {
        matched = true;
        if (!step.repeat) break;
      }
      if (matched ? step.last : step.required) break;
    }
    return draft;
  }

  /// Whether the operator behind `draft` matches `step`; it is then part of the draft.
  bool take_next(Draft& draft, const FusionStep& step) {
    Draft::Chain& chain = draft.chains[0];
    const std::size_t next = next_reader(chain.output);
    if (next == kNobody || taken_[next]) return false;
    const Unit& unit = units_.list()[next];
    if (std::find(step.operators.begin(), step.operators.end(), unit.op) == step.operators.end()) return false;
    if (unit.outputs.size() != 1 || !keeps_shape(chain.output, unit.outputs[0])) return false;
    const bool quantizes = unit.op == "QuantizeLinear";  // by a constant scale; the data type tells it
    const int tensors = quantizes ? 0 : other_tensors(unit, chain.output, chain.units[0], draft.key);
    if (tensors < 0 || tensors > (step.other == Operand::tensor ? 1 : 0)) return false;
    if (step.rank && units_.fact(chain.output)->shape.size() != *step.rank) return false;
    if (step.constants != Constants::any &&
        !has_constants_of(unit, step.constants == Constants::single ? 1 : channels_of(draft.key)))
      return false;
    if (quantizes && !makes_integers(draft)) return false;
    if (!quantizes) describe(draft, unit, tensors);
    taken_[next] = true;
    chain.units.push_back(next);
    chain.output = unit.outputs[0];
    chain.reads_tensor |= tensors > 0;
    return true;
  }

  /// Whether the draft can make integers of its result: a product or convolution does where all that it reads are.
  [[nodiscard]] bool makes_integers(const Draft& draft) const {
    if (!has_channels(draft.key.type)) return true;
    const std::vector<std::size_t>& members = draft.chains[0].units;
    const auto is_real = [&](std::string_view input) {
      const bool inside = std::find(members.begin(), members.end(), units_.maker(input)) != members.end();
      return !units_.constant(input) && !inside && units_.fact(input)->quantized == ElementType::undefined;
    };
    return std::none_of(members.begin(), members.end(), [&](std::size_t member) {
      const Unit& unit = units_.list()[member];
      return std::any_of(unit.inputs.begin(), unit.inputs.end(), is_real);
    });
  }

  /// The unit that may join behind `tensor` under the rule about shared tensors.
  std::size_t next_reader(std::string_view tensor) const {
    const auto& readers = units_.readers(tensor);
    if (readers.empty()) return kNobody;
    const bool alone = std::all_of(readers.begin(), readers.end(), [&](auto reader) { return reader == readers[0]; });
    return alone || rules_.shared_output == SharedOutput::first_reader ? readers[0] : kNobody;
  }

  bool keeps_shape(std::string_view before, std::string_view after) const {
    const TensorFact *a = units_.fact(before), *b = units_.fact(after);
    return a != nullptr && b != nullptr && elements_of(a->shape) == elements_of(b->shape);
  }

  [[nodiscard]] bool has_constants_of(const Unit& unit, std::int64_t values) const {
    return std::all_of(unit.inputs.begin(), unit.inputs.end(), [&](std::string_view input) {
      return input.empty() || !units_.constant(input) || elements_of(units_.fact(input)->shape) == values;
    });
  }

  /// How many other tensors `unit` reads; -1 where one of its inputs keeps it out: a tensor made after the kernel's
  /// head, or a constant that is not a value a channel.
  int other_tensors(const Unit& unit, std::string_view from, std::size_t head, const KernelKey& key) const {
    int tensors = 0;
    for (const std::string_view input : unit.inputs) {
      if (input == from) continue;
      if (units_.constant(input)) {
        if (!input.empty() && has_channels(key.type) && !a_value_a_channel(unit, input, key)) return -1;
        continue;
      }
      const std::size_t maker = units_.maker(input);
      if (maker != kNobody && maker >= head) return -1;
      ++tensors;
    }
    return tensors;
  }

  /// A bias is a value a channel; what is not added may be one value (Clip's bounds, a scale).
  bool a_value_a_channel(const Unit& unit, std::string_view constant, const KernelKey& key) const {
    const Shape& shape = units_.fact(constant)->shape;
    const std::int64_t count = elements_of(shape), channels = channels_of(key);
    if (count == 1 && channels != 1) return unit.op != "Add";
    if (count != channels || shape.empty()) return false;
    if (key.type == KernelType::linear || unit.op == "BatchNormalization") return shape.back() == channels;
    return shape.size() >= 3 && shape[shape.size() - 3] == channels;
  }

  /// A product's scale, which its kernel takes as a parameter.
  [[nodiscard]] bool scales_product(const KernelKey& key, const Unit& unit) const {
    return key.type == KernelType::batch_matmul && (unit.op == "Mul" || unit.op == "Div") &&
           std::any_of(unit.inputs.begin(), unit.inputs.end(), [&](std::string_view input) {
             return units_.constant(input) && elements_of(units_.fact(input)->shape) == 1;
           });
  }

  /// Linear and conv name the activation, then "residual"; elementwise kernels the operators in their order.
  void describe(Draft& draft, const Unit& unit, int tensors) const {
    KernelKey& key = draft.key;
    if (scales_product(key, unit)) return;
    if (!has_channels(key.type)) {
      key.variant += "+" + std::string(unit.op);
      if (key.type == KernelType::elementwise) {
        key.shape[1] += tensors;
        if (unit.key.type == KernelType::elementwise) key.shape[2] = std::min(key.shape[2], unit.key.shape[2]);
      }
      return;
    }
    if (unit.key.type == KernelType::elementwise && unit.key.shape[1] == 1) {
      const std::string activation = lower(std::string(unit.op));
      key.variant = key.variant.empty() ? activation : activation + "+" + key.variant;
    }
    if (tensors > 0) key.variant = with_residual(key.variant);
  }

  const Units& units_;
  const FusionRules& rules_;
  std::vector<bool> taken_;
};

}  // namespace

std::vector<Draft> fuse_chains(const Units& units, const FusionRules& rules) { return ChainFuser(units, rules).fuse(); }

}  // namespace tabjoule
