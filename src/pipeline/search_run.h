// The main job: a table and a device in, a run directory with a measured, exported network out.
#pragma once

#include "pipeline/request.h"
#include "pipeline/run_record.h"

namespace tabjoule {

/// Does everything and writes the run directory (docs/run-directory.md). Nothing is written before the data has been
/// read and the device opened. An exception thrown by `progress` ends the run; what is finished stays.
[[nodiscard]] RunRecord run_search(const SearchRequest& request, const NoticeSink& notice,
                                   const ProgressSink& progress);

}  // namespace tabjoule
