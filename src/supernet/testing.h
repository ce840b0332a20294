// A small space and quick trainings for tests.
#pragma once

#include "nn/testing.h"
#include "supernet/train_supernet.h"

namespace tabjoule::testing_supernet {

inline SearchSpace space() {
  return space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "test", "family": "mlp",
    "decisions": [{"name": "depth", "choices": [1, 2, 3]}, {"name": "width", "choices": [8, 16, 24, 32]}]})"));
}

/// With BatchNorm.
inline SearchSpace resnet_space() {
  return space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "test", "family": "resnet",
    "decisions": [{"name": "depth", "choices": [1, 2]}, {"name": "width", "choices": [4, 8, 12]},
                  {"name": "hidden", "choices": [8, 16]}]})"));
}

inline SupernetOptions options(int epochs) {
  SupernetOptions result;
  result.min_epochs = result.max_epochs = epochs;
  result.patience = 1000;
  result.batch = 50;
  result.adamw.learning_rate = 0.01;
  return result;
}

struct Trained {
  Supernet supernet{space(), {4, 2, 0.1F}, 1};
  SupernetResult result;

  Trained(const Samples& train, const SupernetOptions& how, int threads) {
    ThreadPool pool(threads);
    result = train_supernet(supernet, train, train, how, pool, {});
  }
};

}  // namespace tabjoule::testing_supernet
