#include "pipeline/search_point.h"

namespace tabjoule {

Json to_json(const SearchPoint& point) {
  return {{"space", point.space},
          {"choices", point.architecture.choices},
          {"utility", point.utility},
          {"energy_j", point.energy_j},
          {"energy_high_j", point.energy_high_j},
          {"time_s", point.time_s},
          {"time_high_s", point.time_high_s},
          {"parameters", point.parameters},
          {"flops", point.flops}};
}

SearchPoint search_point_from_json(const Json& json) {
  SearchPoint point;
  point.space = json.at("space").get<std::size_t>();
  point.architecture.choices = json.at("choices").get<std::vector<int>>();
  point.utility = json.at("utility").get<double>();
  point.energy_j = json.at("energy_j").get<double>();
  point.energy_high_j = json.at("energy_high_j").get<double>();
  point.time_s = json.at("time_s").get<double>();
  point.time_high_s = json.at("time_high_s").get<double>();
  point.parameters = json.at("parameters").get<std::int64_t>();
  point.flops = json.at("flops").get<std::int64_t>();
  return point;
}

}  // namespace tabjoule
