// Distinct texts, numbered in the order in which they first came. A plain open-addressing table: reading a
// table spends most of its time here and in the tokenizer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tabjoule {

class TextIndex {
 public:
  /// The number of `text`, which is added where it is new.
  std::int32_t number_of(std::string_view text) {
    if (texts_.size() * 2 >= slots_.size()) grow();
    const std::size_t hash = std::hash<std::string_view>{}(text);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const std::int32_t number = slots_[i];
      if (number < 0) {
        slots_[i] = static_cast<std::int32_t>(texts_.size());
        texts_.emplace_back(text);
        hashes_.push_back(hash);
        return slots_[i];
      }
      const auto at = static_cast<std::size_t>(number);
      if (hashes_[at] == hash && texts_[at] == text) return number;
    }
  }

  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  void grow() {
    const std::size_t size = slots_.empty() ? 16 : slots_.size() * 4;
    slots_.assign(size, -1);
    for (std::size_t number = 0; number < texts_.size(); ++number) {
      std::size_t i = hashes_[number] & (size - 1);
      while (slots_[i] >= 0) i = (i + 1) & (size - 1);
      slots_[i] = static_cast<std::int32_t>(number);
    }
  }

  std::vector<std::string> texts_;
  std::vector<std::size_t> hashes_;
  std::vector<std::int32_t> slots_;  ///< numbers, -1 where free; a power of two
};

}  // namespace tabjoule
