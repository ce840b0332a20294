#include "supernet/checkpoint.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

static_assert(std::endian::native == std::endian::little, "checkpoints hold little-endian numbers");

constexpr const char* kFormat = "tabjoule-supernet-checkpoint";
constexpr int kVersion = 1;

std::string hash_text(std::string_view bytes) { return fmt::format("{:016x}", stable_hash(bytes)); }

template <class Values>
std::string_view bytes_of(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()),
          static_cast<std::size_t>(values.size()) * sizeof(*values.data())};
}

Json identity_of(const Samples& samples) {
  return {{"rows", samples.rows()},
          {"features", samples.x.cols()},
          {"hash",
           hash_text(hash_text(bytes_of(samples.x)) + hash_text(bytes_of(samples.labels)) +
                     hash_text(bytes_of(samples.values)) + hash_text(bytes_of(samples.loss.class_weights)) +
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

/// Matrices one after another as they lie in memory.
class Body {
 public:
  explicit Body(std::string_view bytes) : left_(bytes) {}

  void read(Matrix& into) {
    const std::size_t size = bytes_of(into).size();
    if (left_.size() < size) fail_input("ends before its numbers do");
    std::memcpy(into.data(), left_.data(), size);
    left_.remove_prefix(size);
  }
  [[nodiscard]] bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

Matrix read_like(Body& body, const Matrix& shape) {
  Matrix values(shape.rows(), shape.cols());
  body.read(values);
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

SupernetState parse(const std::string& bytes, const Json& identity, ParameterStore& store) {
  const std::size_t end = bytes.find('\n');
  const Json header = Json::parse(bytes.substr(0, end), nullptr, false);
  if (header.is_discarded() || !header.is_object()) fail_input("is no checkpoint: its first line is not JSON");
  require_format(header, kFormat, kVersion);
  const std::string_view numbers = std::string_view(bytes).substr(std::min(bytes.size(), end + 1));
  if (!header.contains("hash") || header.at("hash") != hash_text(numbers))
    fail_input("is damaged: its numbers do not give the hash in its first line");
  require_identity(header.at("identity"), identity);
  SupernetState state = state_from(header);
  Body body(numbers);
  std::map<std::string, Parameter> read;
  for (const auto& [name, parameter] : store.all()) {
    Parameter& into = read[name] = {read_like(body, parameter.value), {}, {}, 0, parameter.decay};
    into.updates = header.at("updates").at(name).get<std::int64_t>();
    if (into.updates > 0) into.first_moment = read_like(body, parameter.value);
    if (into.updates > 0) into.second_moment = read_like(body, parameter.value);
    state.best[name] = read_like(body, parameter.value);
  }
  if (!body.empty()) fail_input("holds more numbers than its parameters take");
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
                    {"updates", updates},
                    {"hash", hash_text(numbers)}};
  write_file(file, to_text(header) + "\n" + numbers);
}

SupernetState read_checkpoint(const std::filesystem::path& file, const Json& identity, ParameterStore& store) {
  const std::string bytes = read_file(file);
  return with_context(file.string(), [&] {
    try {
      return parse(bytes, identity, store);
    } catch (const Json::exception& error) {
      fail_input("is damaged: {}", error.what());
    }
  });
}

}  // namespace tabjoule
