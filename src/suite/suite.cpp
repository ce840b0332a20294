#include "suite/suite.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

std::string text_of(const Json& json, const char* member, const std::string& where) {
  if (!json.contains(member) || !json.at(member).is_string() || json.at(member).get<std::string>().empty())
    fail_input("{}\"{}\" must be a text", where, member);
  return json.at(member).get<std::string>();
}

std::vector<std::string> texts_of(const Json& json, const char* member, const std::string& where) {
  const Json list = json.value(member, Json::array());
  const bool texts =
      list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& j) { return j.is_string(); });
  if (!texts) fail_input("{}\"{}\" must be a list of texts", where, member);
  auto result = list.get<std::vector<std::string>>();
  for (const std::string& text : result)
    if (std::count(result.begin(), result.end(), text) > 1) fail_input("{}\"{}\" names {} twice", where, member, text);
  return result;
}

double number_of(const Json& json, const char* member, double low, double high, double otherwise) {
  if (!json.contains(member)) return otherwise;
  const Json& value = json.at(member);
  if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
    fail_input("\"{}\" must be a number from {} to {}", member, low, high);
  return value.get<double>();
}

int whole_of(const Json& json, const char* member, int low, int high, int otherwise, const std::string& where) {
  if (!json.contains(member)) return otherwise;
  const Json& value = json.at(member);
  if (!value.is_number_integer() || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high)
    fail_input("{}\"{}\" must be a whole number from {} to {}", where, member, low, high);
  return value.get<int>();
}

std::string located(std::string data, const std::filesystem::path& folder) {
  if (!is_query(data)) return (folder / data).lexically_normal().string();
  constexpr std::string_view kFolder = "{folder}";
  for (std::size_t at = data.find(kFolder); at != std::string::npos; at = data.find(kFolder, at))
    data.replace(at, kFolder.size(), folder.string());
  return data;
}

SuiteTable table_from_json(const Json& json, const std::filesystem::path& folder, int seeds, std::size_t index) {
  if (!json.is_object()) fail_input("\"tables\": entry {} is not an object", index + 1);
  SuiteTable table;
  table.name = text_of(json, "name", fmt::format("\"tables\": entry {}: ", index + 1));
  const std::string place = fmt::format("table \"{}\"", table.name);
  require_members(json, {"name", "data", "target", "task", "metric", "drop", "numeric", "categorical", "seeds"}, place);
  const std::string where = place + ": ";
  table.data.data = located(text_of(json, "data", where), folder);
  if (!is_query(table.data.data) && !std::filesystem::exists(table.data.data))
    fail_input("{}{}: no such file; --data names the folder that the suite's tables are in", where, table.data.data);
  table.data.target = text_of(json, "target", where);
  if (json.contains("task")) table.data.task = task_from(text_of(json, "task", where));
  if (json.contains("metric")) table.metric = text_of(json, "metric", where);
  table.data.drop = texts_of(json, "drop", where);
  for (const auto& [member, kind] :
       {std::pair("numeric", ColumnKind::numeric), std::pair("categorical", ColumnKind::categorical)})
    for (const std::string& column : texts_of(json, member, where)) table.data.kinds[column] = kind;
  table.seeds = whole_of(json, "seeds", 1, 1000, seeds, where);
  return table;
}

Suite suite_from_json(const Json& json, const std::filesystem::path& folder, const std::filesystem::path& data_folder) {
  require_members(json,
                  {"format", "version", "name", "description", "data_folder", "tables", "spaces", "devices", "batches",
                   "seeds", "effort", "train_points", "profile_budget_s", "boosting"},
                  "");
  Suite suite;
  suite.name = text_of(json, "name", "");
  if (json.contains("description")) suite.description = text_of(json, "description", "");
  const int seeds = whole_of(json, "seeds", 1, 1000, 1, "");
  const Json tables = json.value("tables", Json::array());
  if (!tables.is_array() || tables.empty()) fail_input("\"tables\" must be a list of at least one table");
  std::set<std::string> names;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    suite.tables.push_back(table_from_json(tables[i], data_folder, seeds, i));
    if (!names.insert(suite.tables.back().name).second)
      fail_input("there are two tables \"{}\"", suite.tables.back().name);
  }
  suite.spaces = texts_of(json, "spaces", "");
  suite.devices = texts_of(json, "devices", "");
  if (suite.spaces.empty()) fail_input("\"spaces\" must name at least one search space");
  if (suite.devices.empty()) fail_input("\"devices\" must name at least one device");
  for (std::string& space : suite.spaces)
    if (space.find('.') != std::string::npos) space = (folder / space).lexically_normal().string();
  const Json batches = json.value("batches", Json::array({1}));
  if (!batches.is_array() || batches.empty()) fail_input("\"batches\" must be a list of at least one batch size");
  for (const auto& batch : batches) {
    if (!batch.is_number_integer() || batch < 1 || batch > 65536)
      fail_input("\"batches\" must be whole numbers from 1 to 65536");
    suite.batches.push_back(batch.get<std::int64_t>());
  }
  suite.effort = number_of(json, "effort", 1e-3, 1000, 1);
  suite.train_points = whole_of(json, "train_points", 1, 1000, 5, "");
  suite.profile_budget_s = number_of(json, "profile_budget_s", 1, 86400, 40);
  if (json.contains("boosting")) {
    if (!json.at("boosting").is_boolean()) fail_input("\"boosting\" must be true or false");
    suite.boosting = json.at("boosting").get<bool>();
  }
  return suite;
}

}  // namespace

Suite read_suite(const std::filesystem::path& path, const std::filesystem::path& data_folder) {
  const Json json = read_json(path);
  return with_context(path.string(), [&] {
    require_format(json, "tabjoule-suite", 1);
    std::filesystem::path folder = data_folder;
    if (folder.empty()) {
      folder = path.parent_path();
      if (json.contains("data_folder")) folder /= text_of(json, "data_folder", "");
    }
    return suite_from_json(json, path.parent_path(), folder.empty() ? "." : folder.lexically_normal());
  });
}

std::vector<SuiteCell> cells_of(const Suite& suite) {
  int most_seeds = 0;
  for (const SuiteTable& table : suite.tables) most_seeds = std::max(most_seeds, table.seeds);
  std::vector<SuiteCell> cells;
  for (int seed = 0; seed < most_seeds; ++seed)
    for (std::size_t table = 0; table < suite.tables.size(); ++table)
      for (const std::string& space : suite.spaces)
        for (const std::string& device : suite.devices)
          for (const std::int64_t batch : suite.batches)
            if (seed < suite.tables[table].seeds)
              cells.push_back({{table, space, static_cast<std::uint64_t>(seed)}, device, batch});
  return cells;
}

}  // namespace tabjoule
