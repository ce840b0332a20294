#include "pipeline/work_plan.h"

#include <algorithm>
#include <numeric>

#include "base/clock.h"

namespace tabjoule {

std::vector<double> shared_by_need(double total, std::span<const double> needs) {
  std::vector<std::size_t> order(needs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return needs[a] < needs[b]; });
  std::vector<double> shares(needs.size());
  double left = total;
  for (std::size_t i = 0; i < order.size(); ++i) {
    shares[order[i]] = std::min(needs[order[i]], left / static_cast<double>(order.size() - i));
    left -= shares[order[i]];
  }
  return shares;
}

std::size_t rows_for(double flops, double flops_per_row, std::size_t rows, int fewest_epochs) {
  constexpr double kFewestRows = 1024;
  const double affordable = std::max(kFewestRows, flops / (flops_per_row * fewest_epochs));
  return affordable < static_cast<double>(rows) ? static_cast<std::size_t>(affordable) : rows;
}

double training_speed(std::span<const Network> networks, const Samples& train, ThreadPool& pool) {
  constexpr double kSeconds = 0.1;
  const Rng rng(0);
  SystemClock clock;
  RowIndices rows(std::min<std::size_t>(train.rows(), static_cast<std::size_t>(default_batch(train.rows()))));
  std::iota(rows.begin(), rows.end(), 0U);
  double flops = 0;
  double time_s = 0;
  for (const Network& network : networks) {
    ParameterStore store;
    store.add(network, rng);
    TrainingStep step(store, pool);
    (void)step.run(network, train, rows, {}, rng);  // allocates
    const double begin_s = clock.now_s();
    double spent_s = 0;
    while (spent_s < kSeconds / static_cast<double>(networks.size())) {
      (void)step.run(network, train, rows, {}, rng);
      flops += 3.0 * static_cast<double>(network.flops()) * static_cast<double>(rows.size());
      spent_s = clock.now_s() - begin_s;
    }
    time_s += spent_s;
  }
  return flops / time_s;
}

double training_speed(const SearchSpace& space, const NetworkShape& shape, const Samples& train, ThreadPool& pool) {
  constexpr int kNetworks = 3;
  Rng rng(0);
  std::vector<Network> networks;
  for (int i = 0; i < kNetworks; ++i) networks.push_back(to_network(space, random_architecture(space, rng), shape));
  return training_speed(networks, train, pool);
}

}  // namespace tabjoule
