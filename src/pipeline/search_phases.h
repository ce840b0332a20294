// The phases of a search, in their order. Each takes what those before it left in the state and adds its own outcome,
// which it keeps in the run's checkpoint.
#pragma once

#include "pipeline/search_state.h"

namespace tabjoule {

/// Reads the table, opens the device, loads the spaces; nothing is written before all three are found good.
void read_phase(SearchState& state);
/// Measures the kernels that the spaces' networks run and fits the predictor to them. Errors (usage): a limit that not
/// even the smallest network keeps.
void profile_phase(SearchState& state);
/// Where the request asks for a teacher: trains it, and sets what the networks of each space learn from it.
void teach_phase(SearchState& state);
/// Trains a supernet for each space.
void supernet_phase(SearchState& state);
/// Searches by the aim and by each baseline's, and draws the front.
void search_phase(SearchState& state);
/// Trains some points of the front, and the baselines' answers, from scratch to the end.
void train_phase(SearchState& state);
/// Measures the trained networks on the device.
void measure_phase(SearchState& state);
/// Chooses, exports the chosen network and fills the record.
void export_phase(SearchState& state);

/// The trained supernet of a space, read from the checkpoint where this process did not train it.
[[nodiscard]] Supernet& supernet_of(SearchState& state, std::size_t space);
/// Validation rows that supernets are scored on.
[[nodiscard]] std::size_t search_rows(const SearchState& state);
/// What is known of an architecture but its score.
[[nodiscard]] SearchPoint predicted_point(const SearchState& state, std::size_t space,
                                          const Architecture& architecture);
/// A point as the record shows it.
[[nodiscard]] RunPoint run_point(const SearchState& state, const SearchPoint& point);
/// By the upper ends of the predictions; the score is not looked at.
[[nodiscard]] bool keeps_limits(const SearchRequest& request, const SearchPoint& point);

}  // namespace tabjoule
