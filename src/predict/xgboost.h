// Owners of XGBoost's handles, and its errors as ours.
#pragma once

#include <xgboost/c_api.h>

#include <memory>

#include "base/error.h"

namespace tabjoule::xgboost {

struct FreeMatrix {
  void operator()(DMatrixHandle handle) const { XGDMatrixFree(handle); }
};
struct FreeBooster {
  void operator()(BoosterHandle handle) const { XGBoosterFree(handle); }
};
using MatrixPtr = std::unique_ptr<void, FreeMatrix>;
using BoosterPtr = std::unique_ptr<void, FreeBooster>;

/// Errors (internal): what XGBoost says, where `status` is not 0.
inline void check(int status) {
  if (status != 0) fail_internal("XGBoost: {}", XGBGetLastError());
}

}  // namespace tabjoule::xgboost
