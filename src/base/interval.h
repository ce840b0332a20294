#pragma once

namespace tabjoule {

struct Interval {
  double low = 0, high = 0;
};

}  // namespace tabjoule
