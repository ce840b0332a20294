// From a request to matrices: table, target, split, preprocessing.
#pragma once

#include <memory>
#include <optional>

#include "base/progress.h"
#include "nn/training.h"
#include "pipeline/request.h"
#include "space/search_space.h"

namespace tabjoule {

struct PreparedData {
  std::shared_ptr<const Dataset> dataset;  ///< shared by what is prepared of it in several encodings
  Split split;
  Preprocessor preprocessor;
  LossOptions loss;
  Samples train, validation, test;
  std::optional<Samples> taught;  ///< a teacher's answers (pipeline/lesson.h), where there is one

  /// What networks are trained on.
  [[nodiscard]] const Samples& learnt() const { return taught ? *taught : train; }
};

/// Errors: those of read_table, make_dataset, make_split, class_weights_from and fit_preprocessor.
[[nodiscard]] PreparedData prepare_data(const DataRequest& request, std::uint64_t seed, int threads,
                                        const NoticeSink& notice);

/// Fits the preprocessor anew on the training rows and transforms all rows with it. Errors: those of fit_preprocessor.
void preprocess(PreparedData& data, const PreprocessOptions& options, const NoticeSink& notice);

/// At most `most` rows of `samples`, evenly spread over them: a split keeps the file's order.
[[nodiscard]] Samples spread_rows(const Samples& samples, std::size_t most);

/// What the prepared columns ask of a network. `dropout` is of hidden layers and attention maps.
[[nodiscard]] NetworkShape shape_of(const PreparedData& data, float dropout);

/// Value of `metric` on `samples` for a prediction that ignores the features: class shares, mean or median of train.
[[nodiscard]] double dummy_score(const Samples& train, const Samples& samples, int outputs, Metric metric);

}  // namespace tabjoule
