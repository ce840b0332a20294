#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "space/search_space.h"

namespace tabjoule {

std::vector<std::vector<float>> quantile_edges(const Matrix& x, int numeric, int bins) {
  if (numeric < 0 || numeric > x.cols() || x.rows() == 0 || bins < 1)
    fail_internal("edges of {} bins for {} numeric columns of a ({}, {}) matrix", bins, numeric, x.rows(), x.cols());
  std::vector<std::vector<float>> edges;
  std::vector<float> sorted(static_cast<std::size_t>(x.rows()));
  for (int j = 0; j < numeric; ++j) {
    for (Eigen::Index r = 0; r < x.rows(); ++r) sorted[static_cast<std::size_t>(r)] = x(r, j);
    std::sort(sorted.begin(), sorted.end());
    std::vector<float>& column = edges.emplace_back();
    for (int b = 0; b <= bins; ++b) {
      const double place = static_cast<double>(sorted.size() - 1) * b / bins;
      const auto below = static_cast<std::size_t>(place);
      const float low = sorted[below];
      const float high = sorted[std::min(below + 1, sorted.size() - 1)];
      const float edge = low + static_cast<float>(place - static_cast<double>(below)) * (high - low);
      if (column.empty() || edge > column.back()) column.push_back(edge);
    }
    if (column.size() == 1) column = {column[0] - 0.5F, column[0] + 0.5F};
  }
  return edges;
}

}  // namespace tabjoule
