// Scores of architectures on their spaces' supernets, each computed once in a run's life and kept in its checkpoint.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "pipeline/search_phases.h"

namespace tabjoule {

class SupernetScores {
 public:
  /// `state` must outlive the scores. `rows` of validation score an architecture.
  SupernetScores(SearchState& state, std::size_t rows);

  [[nodiscard]] double score(std::size_t space, const Architecture& architecture);
  [[nodiscard]] std::size_t scored(std::size_t space) const { return asked_[space].size(); }
  /// Over the rows.
  [[nodiscard]] double standard_error_of(std::size_t space, const Architecture& architecture);
  void keep();

 private:
  struct Scorer {
    Samples rows;
    SupernetScorer scorer;
    Scorer(SearchState& state, std::size_t space, std::size_t count);
  };
  Scorer& scorer(std::size_t space);

  SearchState& state_;
  std::size_t rows_;
  std::vector<std::unique_ptr<Scorer>> scorers_;
  std::vector<std::map<Architecture, double>> known_;
  std::vector<std::set<Architecture>> asked_;
  double kept_s_;
};

}  // namespace tabjoule
