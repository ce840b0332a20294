#include "graph/dimensions.h"

#include <fmt/ranges.h>

#include <set>

#include "base/error.h"
#include "graph/one_line.h"

namespace tabjoule {

Graph with_dimensions(Graph graph, const std::map<std::string, std::int64_t>& sizes) {
  std::set<std::string> open, used;
  for (auto* infos : {&graph.inputs, &graph.outputs, &graph.values}) {
    for (ValueInfo& info : *infos) {
      for (std::size_t i = 0; i < info.dims.size() && i < info.dim_names.size(); ++i) {
        if (info.dims[i] >= 0 || info.dim_names[i].empty()) continue;
        open.insert(one_line(info.dim_names[i]));
        const auto size = sizes.find(info.dim_names[i]);
        if (size == sizes.end()) continue;
        used.insert(size->first);
        info.dims[i] = size->second;
      }
    }
  }
  for (const auto& [name, size] : sizes) {
    if (size < 1) fail_usage("dimension \"{}\": give a size from 1, not {}", name, size);
    if (!used.contains(name)) {
      fail_usage("the model has no open dimension \"{}\"; open are: {}", name,
                 open.empty() ? "none" : fmt::format("{}", fmt::join(open, ", ")));
    }
  }
  return graph;
}

}  // namespace tabjoule
