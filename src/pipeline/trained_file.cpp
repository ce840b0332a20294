// A trained point as a file: a line of JSON, then its weights (docs/run-directory.md).
#include <utility>

#include "base/error.h"
#include "base/numbers_file.h"
#include "pipeline/tuned_training.h"

namespace tabjoule {
namespace {

constexpr const char* kNetworkFormat = "tabjoule-trained-network";
constexpr int kNetworkVersion = 1;

Json header_of(const TrainedPoint& trained) {
  const TrainResult& course = trained.model.training;
  return {{"format", kNetworkFormat},
          {"version", kNetworkVersion},
          {"point", to_json(trained.point)},
          {"learning_rate", trained.recipe.learning_rate},
          {"weight_decay", trained.recipe.weight_decay},
          {"batch", trained.recipe.batch},
          {"dropout", trained.dropout},
          {"epochs", course.epochs},
          {"best_epoch", course.best_epoch},
          {"validation_scores", course.validation_scores},
          {"losses", course.losses},
          {"score_validation", trained.model.score_validation},
          {"score_test", trained.model.score_test},
          {"left_out", trained.left_out}};
}

TrainedPoint described(const Json& header) {
  TrainedPoint trained;
  trained.point = search_point_from_json(header.at("point"));
  trained.recipe.learning_rate = header.at("learning_rate").get<double>();
  trained.recipe.weight_decay = header.at("weight_decay").get<double>();
  trained.recipe.batch = header.at("batch").get<int>();
  trained.dropout = header.at("dropout").get<float>();
  trained.model.architecture = trained.point.architecture;
  TrainResult& course = trained.model.training;
  course.epochs = header.at("epochs").get<int>();
  course.best_epoch = header.at("best_epoch").get<int>();
  course.validation_scores = header.at("validation_scores").get<std::vector<double>>();
  course.losses = header.at("losses").get<std::vector<double>>();
  course.validation_score = trained.model.score_validation = header.at("score_validation").get<double>();
  trained.model.score_test = header.at("score_test").get<double>();
  trained.left_out = header.at("left_out").get<std::vector<double>>();
  return trained;
}

void read_weights(NumbersFile& file, TrainedModel& model) {
  model.store.add(model.network, Rng(0));
  for (auto& [name, parameter] : model.store.all()) file.read(parameter.value);
  file.require_end();
}

}  // namespace

void write_trained(const std::filesystem::path& file, const TrainedPoint& trained) {
  std::string numbers;
  for (const auto& [name, parameter] : trained.model.store.all()) numbers += bytes_of(parameter.value);
  write_numbers(file, header_of(trained), numbers);
}

TrainedPoint read_trained(const std::filesystem::path& file, const SearchSpace& space, const NetworkShape& shape,
                          bool with_weights) {
  std::string bytes = read_file(file);
  return with_context(file.string(), [&] {
    try {
      NumbersFile numbers(std::move(bytes), kNetworkFormat, kNetworkVersion);
      TrainedPoint trained = described(numbers.header());
      NetworkShape own = shape;
      own.dropout = own.attention_dropout = trained.dropout;
      trained.model.network = to_network(space, trained.point.architecture, own);
      if (with_weights) read_weights(numbers, trained.model);
      return trained;
    } catch (const Json::exception& error) {
      fail_input("is damaged: {}", error.what());
    }
  });
}

}  // namespace tabjoule
