#include "power/sensor.h"

namespace tabjoule {

const char* to_string(EnergySource source) {
  switch (source) {
    case EnergySource::measured:
      return "measured";
    case EnergySource::estimated:
      return "estimated";
    case EnergySource::simulated:
      return "simulated";
  }
  return "?";
}

}  // namespace tabjoule
