// Real tables, from file to matrix.
#include <map>

#include "table/dataset.h"
#include "table/preprocessor.h"
#include "table/test_support.h"

namespace tabjoule::real_tables_test {
namespace {

using namespace testing_table;

struct RealTable {
  std::string name, target;
  Task task;
  std::size_t rows, features;  ///< features after the useless ones are dropped
  std::size_t classes;
};

const std::vector<RealTable> tables{
    {"adult.csv.gz", "class", Task::binary, 48842, 14, 2},
    {"sick.csv", "Class", Task::binary, 3772, 27, 2},            // TBG has no value, TBG_measured one
    {"nursery.csv.gz", "class", Task::multiclass, 12960, 8, 5},  // a class of 2 rows
    {"pol.csv.gz", "foo", Task::regression, 15000, 26, 0},       // 22 constant columns
    {"cnae-9.csv.gz", "class", Task::multiclass, 1080, 856, 9},
    {"letter.csv", "class", Task::multiclass, 20000, 16, 26},
    {"ames-housing.csv", "SalePrice", Task::regression, 2930, 79, 0},
    {"fashion-mnist-10k.csv.gz", "class", Task::multiclass, 10000, 784, 10},
    {"mammography.csv", "class", Task::binary, 11183, 6, 2},
    {"wine-quality.csv", "quality", Task::regression, 6497, 12, 0},
    {"electricity.csv.gz", "class", Task::binary, 45312, 8, 2},
};

TEST(RealTables, BecomeFiniteMatrices) {
  TABJOULE_SKIP_WITHOUT_SHARED_DATA();
  for (const auto& expected : tables) {
    SCOPED_TRACE(expected.name);
    ReadOptions options;
    options.keep = {expected.target};
    // pol's target has 11 values, which would be guessed to be classes.
    const auto task = expected.name == "pol.csv.gz" ? std::optional(expected.task) : std::nullopt;
    Dataset dataset =
        make_dataset(read_table(shared_file("tables/" + expected.name), options, {}), expected.target, task, {});
    EXPECT_EQ(dataset.target.task, expected.task);
    EXPECT_EQ(dataset.rows(), expected.rows);
    EXPECT_EQ(dataset.features.columns.size(), expected.features);
    EXPECT_EQ(dataset.target.classes.size(), expected.classes);
    const Split split = make_split(dataset.target, {}, {});
    EXPECT_EQ(split.train.size() + split.validation.size() + split.test.size(), expected.rows);
    EXPECT_NEAR(static_cast<double>(split.test.size()) / static_cast<double>(expected.rows), 0.2, 0.005);
    for (const Scaling scaling : {Scaling::standard, Scaling::quantile}) {
      PreprocessOptions preprocess;
      preprocess.scaling = scaling;
      const Preprocessor preprocessor = fit_preprocessor(dataset.features, split.train, preprocess, {});
      EXPECT_EQ(preprocessor.output_names().size(), static_cast<std::size_t>(preprocessor.width()));
      for (const RowIndices* rows : {&split.train, &split.validation, &split.test}) {
        const Matrix matrix = transform(preprocessor, dataset.features, *rows);
        EXPECT_EQ(matrix.cols(), preprocessor.width());
        EXPECT_TRUE(matrix.allFinite());
      }
    }
  }
}

TEST(RealTables, NewRowsReadByTheSchemaGiveTheSameMatrix) {
  TABJOULE_SKIP_WITHOUT_SHARED_DATA();
  const std::string file = shared_file("tables/adult.csv.gz");
  const Dataset dataset = make_dataset(read_table(file, {}, {}), "class", {}, {});
  const Split split = make_split(dataset.target, {}, {});
  const Preprocessor preprocessor = fit_preprocessor(dataset.features, split.train, {}, {});
  ReadOptions options;
  options.schema = preprocessor.schema();
  const Table again = read_table(file, options, {});
  EXPECT_EQ(transform(preprocessor, dataset.features, split.test), transform(preprocessor, again, split.test));
  const Table queried = read_table("SELECT * EXCLUDE (class) FROM '" + file + "' LIMIT 1000", options, {});
  RowIndices rows(1000);
  for (std::uint32_t row = 0; row < rows.size(); ++row) rows[row] = row;
  EXPECT_EQ(transform(preprocessor, again, rows), transform(preprocessor, queried, rows));
}

}  // namespace
}  // namespace tabjoule::real_tables_test
