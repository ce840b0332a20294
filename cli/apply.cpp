// tabjoule apply: predictions for new rows.
#include "pipeline/apply.h"

#include <fmt/format.h>

#include "cli/command.h"

namespace tabjoule::cli {
namespace {

struct ApplyFlags {
  CommonFlags common;
  std::string run, data, out;
};

Json json_of(const Predictions& predictions) {
  Json json{{"target", predictions.model.target}, {"rows", predictions.rows}};
  if (!predictions.model.head.classes.empty()) json["classes"] = predictions.model.head.classes;
  Json rows = Json::array();
  for (Eigen::Index r = 0; r < predictions.values.rows(); ++r) {
    Json row = Json::array();
    for (Eigen::Index c = 0; c < predictions.values.cols(); ++c) row.push_back(predictions.values(r, c));
    rows.push_back(std::move(row));
  }
  json[predictions.model.head.classes.empty() ? "values" : "probabilities"] = std::move(rows);
  return json;
}

void apply_command(const ApplyFlags& flags) {
  const Predictions predictions = apply_model(flags.run, flags.data, threads_of(flags.common), terminal_notices());
  if (!flags.out.empty()) write_file(flags.out, to_csv(predictions));
  if (flags.common.json)
    print_json(flags.out.empty() ? json_of(predictions) : Json{{"rows", predictions.rows}, {"out", flags.out}});
  else if (flags.out.empty())
    std::fputs(to_csv(predictions).c_str(), stdout);
  else
    print(fmt::format("{} predictions written to {}", predictions.rows, flags.out));
}

}  // namespace

Run add_apply(CLI::App& app) {
  const auto flags = std::make_shared<ApplyFlags>();
  CLI::App& command = *app.add_subcommand("apply", "predict new rows with the network of a run");
  command.add_option("run", flags->run, "run directory of a search")->required();
  command.add_option("--data", flags->data, "rows with the training table's columns (the target may be absent)")
      ->required();
  command.add_option("--out", flags->out, "CSV file to write (default: standard output)");
  add_common_flags(command, flags->common);
  return [flags] { apply_command(*flags); };
}

}  // namespace tabjoule::cli
