#include "supernet/checkpoint.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/numbers_file.h"

namespace tabjoule {
namespace {

constexpr const char* kFormat = "tabjoule-supernet-checkpoint";
constexpr int kVersion = 1;

Json identity_of(const Samples& samples) {
  return {{"rows", samples.rows()},
          {"features", samples.x.cols()},
          {"hash",
           hash_text(hash_text(bytes_of(samples.x)) + hash_text(bytes_of(samples.labels)) +
                     hash_text(bytes_of(samples.values)) + hash_text(bytes_of(samples.loss.class_weights)) +
                     (samples.taught.size() > 0 ? hash_text(bytes_of(samples.taught)) : "") +
                     fmt::format(" {} {} {}", samples.target_mean, samples.target_std, samples.loss.label_smoothing))}};
}

Json identity_of(const SearchSpace& space) {
  Json decisions = Json::array();
  for (const auto& decision : space.decisions) {
    decisions.push_back({{"name", decision.name}, {"choices", decision.choices}, {"prior", decision.prior}});
    if (decision.when) decisions.back()["when"] = {decision.when->decision, decision.when->least};
  }
  return {{"name", space.name}, {"family", space.family}, {"hash", hash_text(to_text(decisions))}};
}

Json identity_of(const NetworkShape& shape) {
  std::string columns = hash_text(bytes_of(shape.cardinalities));
  if (shape.embedding != nullptr) {
    columns += std::to_string(shape.embedding->width);
    for (const auto& edges : shape.embedding->edges) columns += hash_text(bytes_of(edges));
  }
  return {{"inputs", shape.inputs},
          {"outputs", shape.outputs},
          {"dropout", shape.dropout},
          {"attention_dropout", shape.attention_dropout},
          {"residual_dropout", shape.residual_dropout},
          {"columns_hash", hash_text(columns)}};
}

Json identity_of(const SupernetOptions& options) {
  return {{"flop_budget", options.flop_budget},
          {"min_epochs", options.min_epochs},
          {"max_epochs", options.max_epochs},
          {"patience", options.patience},
          {"metric", to_string(options.metric)},
          {"batch", options.batch},
          {"learning_rate", options.adamw.learning_rate},
          {"beta1", options.adamw.beta1},
          {"beta2", options.adamw.beta2},
          {"epsilon", options.adamw.epsilon},
          {"weight_decay", options.adamw.weight_decay},
          {"paths", to_string(options.paths.sampling)},
          {"drawn", options.paths.drawn},
          {"distil", options.distil},
          {"seed", options.seed}};
}

Matrix read_like(NumbersFile& file, const Matrix& shape) {
  Matrix values(shape.rows(), shape.cols());
  file.read(values);
  return values;
}

void require_identity(const Json& found, const Json& wanted) {
  for (const auto& [part, members] : wanted.items())
    for (const auto& [member, value] : members.items())
      if (!found.contains(part) || !found.at(part).contains(member) || found.at(part).at(member) != value)
        fail_input("is of another training: its {} {} is not {}; remove it or choose another file", part, member,
                   value.dump());
}

SupernetState state_from(const Json& header) {
  SupernetState state;
  const Json& json = header.at("state");
  state.result.epochs = json.at("epochs").get<int>();
  state.result.steps = json.at("steps").get<std::int64_t>();
  state.result.best_epoch = json.at("best_epoch").get<int>();
  state.result.losses = json.at("losses").get<std::vector<double>>();
  state.result.probe_scores = json.at("probe_scores").get<std::vector<double>>();
  const auto epochs = static_cast<std::size_t>(state.result.epochs);
  if (epochs == 0 || state.result.losses.size() != epochs || state.result.probe_scores.size() != epochs ||
      state.result.best_epoch < 0 || state.result.best_epoch >= state.result.epochs)
    fail_input("its state contradicts itself");
  return state;
}

SupernetState parse(NumbersFile file, const Json& identity, ParameterStore& store) {
  require_identity(file.header().at("identity"), identity);
  SupernetState state = state_from(file.header());
  std::map<std::string, Parameter> read;
  for (const auto& [name, parameter] : store.all()) {
    Parameter& into = read[name] = {read_like(file, parameter.value), {}, {}, 0, parameter.decay};
    into.updates = file.header().at("updates").at(name).get<std::int64_t>();
    if (into.updates > 0) into.first_moment = read_like(file, parameter.value);
    if (into.updates > 0) into.second_moment = read_like(file, parameter.value);
    state.best[name] = read_like(file, parameter.value);
  }
  file.require_end();
  store.all() = std::move(read);
  return state;
}

}  // namespace

Json checkpoint_identity(const Supernet& supernet, const Samples& train, const Samples& validation,
                         const SupernetOptions& options) {
  return {{"space", identity_of(supernet.space())},
          {"shape", identity_of(supernet.shape())},
          {"train", identity_of(train)},
          {"validation", identity_of(validation)},
          {"options", identity_of(options)}};
}

void write_checkpoint(const std::filesystem::path& file, const Json& identity, const SupernetState& state,
                      const ParameterStore& store) {
  std::string numbers;
  Json updates = Json::object();
  for (const auto& [name, parameter] : store.all()) {
    updates[name] = parameter.updates;
    numbers += bytes_of(parameter.value);
    if (parameter.updates > 0) numbers += bytes_of(parameter.first_moment);
    if (parameter.updates > 0) numbers += bytes_of(parameter.second_moment);
    numbers += bytes_of(state.best.at(name));
  }
  const SupernetResult& result = state.result;
  const Json header{{"format", kFormat},
                    {"version", kVersion},
                    {"identity", identity},
                    {"state",
                     {{"epochs", result.epochs},
                      {"steps", result.steps},
                      {"best_epoch", result.best_epoch},
                      {"losses", result.losses},
                      {"probe_scores", result.probe_scores}}},
                    {"updates", updates}};
  write_numbers(file, header, numbers);
}

SupernetState read_checkpoint(const std::filesystem::path& file, const Json& identity, ParameterStore& store) {
  std::string bytes = read_file(file);
  return with_context(file.string(), [&] {
    try {
      return parse(NumbersFile(std::move(bytes), kFormat, kVersion), identity, store);
    } catch (const Json::exception& error) {
      fail_input("is damaged: {}", error.what());
    }
  });
}

}  // namespace tabjoule
