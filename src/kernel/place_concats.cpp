// Concats that vanish: each input is written where it belongs, or copied there.
#include <unordered_set>

#include "kernel/fuse.h"

namespace tabjoule {
namespace {

class ConcatPlacer {
 public:
  explicit ConcatPlacer(const Units& units) : units_(units) {}

  std::vector<Draft> place(std::vector<Draft> drafts) {
    for (const Draft& draft : drafts) {
      for (const Draft::Chain& chain : draft.chains) {
        heads_[chain.output] = chain.units[0];
        if (draft.chains.size() == 1) movable_.insert(chain.output);
      }
    }
    std::vector<Draft> result;
    for (Draft& draft : drafts) {
      const std::size_t head = draft.chains[0].units[0];
      if (units_.list()[head].key.type == KernelType::concat)
        replace(head, result);
      else
        result.push_back(std::move(draft));
    }
    return result;
  }

 private:
  void replace(std::size_t concat, std::vector<Draft>& result) {
    const Unit& unit = units_.list()[concat];
    for (std::size_t i = 0; i < unit.inputs.size(); ++i) {
      const std::string_view input = unit.inputs[i];
      // A tensor lives in one place: the first concat that reads it takes it. One that somebody else gives, a part
      // of a merged kernel's output and one that changes its shape on the way cannot be moved.
      const bool in_place = movable_.contains(input) && !units_.through_view(concat, i) && !is_output(input) &&
                            placed_.insert(input).second;
      if (in_place) continue;
      const std::int64_t elements = elements_of(units_.fact(input)->shape);
      KernelKey key{KernelType::concat, {elements, 1, elements}, "", unit.key.dtype};
      const auto head = heads_.find(input);
      const std::size_t maker = head == heads_.end() ? units_.maker(input) : head->second;
      result.push_back({{{{maker, concat}, unit.outputs[0], true}}, std::move(key), true});
    }
  }

  bool is_output(std::string_view tensor) const {
    const auto& readers = units_.readers(tensor);
    return !readers.empty() && readers.back() == Units::kNobody;
  }

  const Units& units_;
  std::unordered_map<std::string_view, std::size_t> heads_;  ///< first unit of the chain that makes a tensor
  std::unordered_set<std::string_view> movable_, placed_;
};

}  // namespace

std::vector<Draft> place_concats(std::vector<Draft> drafts, const Units& units, const FusionRules& rules) {
  return rules.concat_in_place ? ConcatPlacer(units).place(std::move(drafts)) : drafts;
}

}  // namespace tabjoule
