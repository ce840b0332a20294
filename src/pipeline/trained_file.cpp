// A trained point as a file: a line of JSON, then its weights (docs/run-directory.md).
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/tuned_training.h"

namespace tabjoule {
namespace {

static_assert(std::endian::native == std::endian::little, "checkpoints hold little-endian numbers");

constexpr const char* kNetworkFormat = "tabjoule-trained-network";
constexpr int kNetworkVersion = 1;

std::string hash_text(std::string_view bytes) { return fmt::format("{:016x}", stable_hash(bytes)); }

Json header_of(const TrainedPoint& trained, const std::string& hash) {
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
          {"left_out", trained.left_out},
          {"hash", hash}};
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

void read_weights(std::string_view bytes, TrainedModel& model) {
  model.store.add(model.network, Rng(0));
  for (auto& [name, parameter] : model.store.all()) {
    const std::size_t size = static_cast<std::size_t>(parameter.value.size()) * sizeof(float);
    if (bytes.size() < size) fail_input("ends before its numbers do");
    std::memcpy(parameter.value.data(), bytes.data(), size);
    bytes.remove_prefix(size);
  }
  if (!bytes.empty()) fail_input("holds more numbers than its network takes");
}

}  // namespace

void write_trained(const std::filesystem::path& file, const TrainedPoint& trained) {
  std::string numbers;
  for (const auto& [name, parameter] : trained.model.store.all())
    numbers.append(reinterpret_cast<const char*>(parameter.value.data()),
                   static_cast<std::size_t>(parameter.value.size()) * sizeof(float));
  write_file(file, to_text(header_of(trained, hash_text(numbers))) + "\n" + numbers);
}

TrainedPoint read_trained(const std::filesystem::path& file, const SearchSpace& space, const NetworkShape& shape,
                          bool with_weights) {
  const std::string bytes = read_file(file);
  return with_context(file.string(), [&] {
    try {
      const std::size_t end = std::min(bytes.size(), bytes.find('\n'));
      const Json header = Json::parse(bytes.substr(0, end));
      require_format(header, kNetworkFormat, kNetworkVersion);
      const std::string_view numbers = std::string_view(bytes).substr(std::min(bytes.size(), end + 1));
      if (header.at("hash") != hash_text(numbers)) fail_input("is damaged: its numbers do not give its hash");
      TrainedPoint trained = described(header);
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
