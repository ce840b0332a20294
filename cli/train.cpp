// tabjoule train: one given network, without a search.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/data_flags.h"
#include "pipeline/train_run.h"
#include "table/preprocessor_names.h"

namespace tabjoule::cli {
namespace {

struct TrainFlags {
  CommonFlags common;
  DataFlags data;
  TrainRequest request;
};

double score(const Scores& scores, Metric metric) {
  for (const auto& [name, value] : scores)
    if (name == metric) return value;
  return 0;
}

std::string scores_text(const Scores& scores) {
  std::string text;
  for (const auto& [metric, value] : scores)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_string(metric), score_text(value));
  return text;
}

void print_result(const TrainRecord& record) {
  print(fmt::format("network       {} ({} parameters, {} flops a row)", record.text, record.parameters, record.flops));
  print(fmt::format("test score    {} ({} without any feature)", scores_text(record.test),
                    score_text(score(record.dummy_test, record.metric))));
  print(fmt::format("validation    {}", scores_text(record.validation)));
  if (record.teacher)
    print(fmt::format("teacher       {} on {} rows, {:.0f} % trees", scores_text(record.teacher->test),
                      record.teacher->rows, 100 * record.teacher->share_of_trees));
  print(fmt::format("scaling       {}", name_of(record.scaling.scaling, scaling_names)));
  double total_s = 0;
  std::string phases;
  for (const auto& [name, time_s] : record.timing_s) {
    total_s += time_s;
    phases += fmt::format("{}{} {:.1f} s", phases.empty() ? "" : ", ", name, time_s);
  }
  print(fmt::format("training      {} epochs, the best is number {}; stopped by {}", record.training.epochs,
                    record.training.best_epoch + 1, to_string(record.metric)));
  print(fmt::format("time          {:.1f} s ({})", total_s, phases));
  print(fmt::format("model         {}", record.request.out.string()));
}

void train_command(const TrainFlags& flags) {
  TrainRequest request = flags.request;
  request.data = flags.data.request();
  request.metric = flags.data.metric;
  request.seed = flags.common.seed;
  request.threads = flags.common.threads;
  advise_on_blas();
  const TrainRecord record = run_train(request, terminal_notices(), terminal_progress(flags.common));
  clear_progress();
  if (flags.common.json)
    print_json(to_json(record));
  else
    print_result(record);
}

void add_recipe_flags(CLI::App& command, Recipe& recipe) {
  command.add_option("--learning-rate", recipe.learning_rate, "of AdamW, constant")
      ->check(CLI::Range(1e-8, 1.0))
      ->capture_default_str();
  command.add_option("--weight-decay", recipe.weight_decay, "of AdamW; not on biases")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--batch", recipe.batch, "rows a step; 0: 16 to 256, by the rows of the table")
      ->check(CLI::Range(0, 65536))
      ->capture_default_str();
  command.add_option("--epochs", recipe.max_epochs, "passes over the training rows at most")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command.add_option("--patience", recipe.patience, "passes without a better validation score before training stops")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command
      .add_option("--averaging", recipe.averaging_epochs,
                  "epochs over which the weights are averaged; 0: the weights themselves")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
}

}  // namespace

Run add_train(CLI::App& app) {
  const auto flags = std::make_shared<TrainFlags>();
  TrainRequest& request = flags->request;
  CLI::App& command = *app.add_subcommand("train", "train and export one given network, without a search");
  add_data_flags(command, flags->data);
  command
      .add_option("--arch", request.architecture,
                  R"(the network: {"space": "mlp", "depth": 3, "width": 256}, as text or in a file)")
      ->required();
  command.add_option("--space", request.space, "space of the network (default: the one that --arch names)");
  command.add_option("--out", request.out, "directory for the trained network")->required();
  command.add_option("--dropout", request.dropout, "of hidden layers")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str();
  command
      .add_option("--embedding-bins", request.embedding.bins,
                  "embed numeric columns piecewise linearly in at most so many bins; 0: take them as they are")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--embedding-width", request.embedding.width, "numbers that stand for an embedded column")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_recipe_flags(command, request.recipe);
  add_common_flags(command, flags->common);
  return [flags] { train_command(*flags); };
}

}  // namespace tabjoule::cli
