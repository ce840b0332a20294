#include "base/clock.h"

#include <chrono>
#include <thread>

namespace tabjoule {

double SystemClock::now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void SystemClock::sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

}  // namespace tabjoule
