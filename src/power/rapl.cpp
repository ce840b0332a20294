#include "power/rapl.h"

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "power/sysfs.h"

namespace tabjoule {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "intel-rapl:";
constexpr const char* kRaplDescription = "RAPL package and memory energy through /sys/class/powercap";

/// One counter, with its wrap-around undone.
class Domain {
 public:
  Domain(std::string name, const fs::path& folder)
      : name_(std::move(name)),
        counter_(folder / "energy_uj"),
        range_uj_(read_sysfs_number(folder / "max_energy_range_uj", "microjoules")),
        last_uj_(read_sysfs_number(counter_, "microjoules")) {
    if (range_uj_ == 0) fail_device("{} has a range of 0; this counter cannot be used", folder.string());
  }

  [[nodiscard]] const std::string& name() const { return name_; }

  double read_j() {
    const std::uint64_t now_uj = read_sysfs_number(counter_, "microjoules");
    if (now_uj < last_uj_ && last_uj_ - now_uj > range_uj_)
      fail_device("{} went from {} back to {}, more than its range of {}; the counter was reset", counter_.string(),
                  last_uj_, now_uj, range_uj_);
    total_uj_ += now_uj >= last_uj_ ? now_uj - last_uj_ : now_uj + (range_uj_ - last_uj_);
    last_uj_ = now_uj;
    return 1e-6 * static_cast<double>(total_uj_);
  }

 private:
  std::string name_;
  fs::path counter_;
  std::uint64_t range_uj_;
  std::uint64_t last_uj_;
  std::uint64_t total_uj_ = 0;
};

class RaplSensor final : public Sensor {
 public:
  explicit RaplSensor(std::vector<Domain> domains) : domains_(std::move(domains)) {
    info_ = {.name = "rapl", .description = kRaplDescription, .source = EnergySource::measured, .domains = {}};
    for (const Domain& domain : domains_) info_.domains.push_back(domain.name());
    // The counter advances about once a millisecond, by what a package of 10 W or more spends in it.
    info_.resolution_j = 0.01;
  }

  [[nodiscard]] const SensorInfo& info() const override { return info_; }

  [[nodiscard]] double read_energy_j() override {
    double sum_j = 0;
    for (Domain& domain : domains_) sum_j += domain.read_j();
    return sum_j;
  }

 private:
  std::vector<Domain> domains_;
  SensorInfo info_;
};

std::vector<Domain> open_domains(const fs::path& powercap) {
  std::vector<Domain> domains;
  for (const fs::path& package : numbered_folders(powercap, kPrefix)) {
    const std::string package_name = read_sysfs_line(package / "name");
    if (!package_name.starts_with("package")) continue;
    domains.emplace_back(package_name, package);
    const std::string prefix = package.filename().string() + ":";
    // The kernel shows a subdomain both beside its package (a link) and inside it.
    std::vector<fs::path> parts = numbered_folders(package, prefix);
    if (parts.empty()) parts = numbered_folders(powercap, prefix);
    for (const fs::path& part : parts)
      if (read_sysfs_line(part / "name") == "dram") domains.emplace_back(package_name + " dram", part);
  }
  return domains;
}

}  // namespace

std::unique_ptr<Sensor> make_rapl_sensor(const std::string& sysfs) {
  const fs::path powercap = fs::path(sysfs) / "class" / "powercap";
  std::vector<Domain> domains = open_domains(powercap);
  if (domains.empty())
    fail_device("{} has no RAPL package: the processor or the virtual machine does not show its energy counters",
                powercap.string());
  return std::make_unique<RaplSensor>(std::move(domains));
}

SensorStatus rapl_status(const std::string& sysfs) {
  SensorStatus status{.name = "rapl", .description = kRaplDescription, .usable = false, .detail = {}};
  try {
    const auto sensor = make_rapl_sensor(sysfs);
    status.usable = true;
    status.detail = fmt::format("covers {}", fmt::join(sensor->info().domains, ", "));
  } catch (const Error& error) {
    status.detail = error.what();
  }
  return status;
}

}  // namespace tabjoule
