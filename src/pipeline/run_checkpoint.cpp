#include "pipeline/run_checkpoint.h"

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr const char* kCheckpointFormat = "tabjoule-run-checkpoint";
constexpr int kCheckpointVersion = 1;
constexpr const char* kRequest = "request.json";

void require_same(const Json& found, const Json& wanted, const std::filesystem::path& folder) {
  for (const auto& [member, value] : wanted.items())
    if (!found.contains(member) || found.at(member) != value)
      fail_input(
          "{} is of another run: its {} is {}, not {}; resume with the flags it was begun with, or choose another "
          "--out",
          folder.string(), member, found.contains(member) ? found.at(member).dump() : "absent", value.dump());
}

}  // namespace

void RunCheckpoint::open(const Json& identity, bool resume) {
  if (!std::filesystem::exists(folder_ / kRequest)) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) fail_internal("{}: cannot be made: {}", folder_.string(), error.message());
    write_json(folder_ / kRequest,
               {{"format", kCheckpointFormat}, {"version", kCheckpointVersion}, {"identity", identity}});
    return;
  }
  if (!resume)
    fail_usage("{} holds an unfinished run: --resume goes on with it, another --out starts anew",
               folder_.parent_path().string());
  const Json stored = read_json(folder_ / kRequest);
  with_context((folder_ / kRequest).string(), [&] { require_format(stored, kCheckpointFormat, kCheckpointVersion); });
  require_same(stored.value("identity", Json::object()), identity, folder_);
}

std::optional<Json> RunCheckpoint::load(const std::string& name) const {
  const auto path = folder_ / (name + ".json");
  if (!std::filesystem::exists(path)) return std::nullopt;
  return read_json(path);
}

void RunCheckpoint::store(const std::string& name, const Json& json) const {
  write_json(folder_ / (name + ".json"), json);
}

void RunCheckpoint::remove(const std::string& name) const {
  std::error_code ignored;  // what is not there need not be removed
  std::filesystem::remove(folder_ / name, ignored);
}

}  // namespace tabjoule
