// Trains one given architecture on a table: no search, no energy.
#pragma once

#include "pipeline/train_record.h"

namespace tabjoule {

/// Reads, chooses the scaling, trains, scores and exports; writes the directory of docs/train-directory.md. Nothing is
/// written before the data and the architecture have been read.
[[nodiscard]] TrainRecord run_train(const TrainRequest& request, const NoticeSink& notice,
                                    const ProgressSink& progress);

}  // namespace tabjoule
