#include "pipeline/scaling_choice.h"

#include <gtest/gtest.h>

#include <cmath>

#include "table/test_support.h"

namespace tabjoule::scaling_choice_test {
namespace {

/// A table of one column x = exp(2 normal), whose target is either x's logarithm, which follows its quantiles in a
/// straight line, or x itself, which quantiles bend.
PreparedData heavy_tailed(bool target_is_logarithm) {
  Rng rng(1);
  std::string csv = "x,y\n";
  for (int i = 0; i < 1500; ++i) {
    const double z = rng.normal();
    csv += fmt::format("{},{}\n", std::exp(2 * z), target_is_logarithm ? z : std::exp(2 * z));
  }
  const testing_table::Folder folder;
  DataRequest request;
  request.data = folder.write("t.csv", csv);
  request.target = "y";
  return prepare_data(request, 0, 1, [](const std::string&) {});
}

TEST(ChooseScaling, TakesQuantilesWhereTheTargetFollowsThemAndStandardisesWhereItDoesNot) {
  ThreadPool pool(1);
  for (const bool logarithm : {true, false}) {
    PreparedData data = heavy_tailed(logarithm);
    const ScalingChoice choice = choose_scaling(data, {}, 0, pool, {});
    const Scaling expected = logarithm ? Scaling::quantile : Scaling::standard;
    EXPECT_EQ(choice.scaling, expected) << *choice.loss_quantile << " " << *choice.loss_standard;
    EXPECT_EQ(data.preprocessor.numeric.front().scaling, expected);
    Matrix x = transform(data.preprocessor, data.dataset->features, data.split.test);
    EXPECT_EQ(data.test.x, x) << "the rows are those of the preprocessor that is kept";
  }
}

TEST(ChooseScaling, IsDoneWithoutTrainingWhereNoColumnIsANumber) {
  std::string csv = "x,y\n";
  for (int i = 0; i < 200; ++i) csv += fmt::format("{},{}\n", i % 3 == 0 ? "a" : "b", i % 2 == 0 ? "u" : "v");
  const testing_table::Folder folder;
  DataRequest request;
  request.data = folder.write("t.csv", csv);
  request.target = "y";
  PreparedData data = prepare_data(request, 0, 1, [](const std::string&) {});
  ThreadPool pool(1);
  const ScalingChoice choice =
      choose_scaling(data, {}, 0, pool, [](const Progress&) { FAIL() << "nothing is to be trained"; });
  EXPECT_FALSE(choice.loss_quantile || choice.loss_standard);
}

}  // namespace
}  // namespace tabjoule::scaling_choice_test
