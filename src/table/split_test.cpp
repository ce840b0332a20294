#include <numeric>
#include <set>

#include "table/dataset.h"
#include "table/test_support.h"

namespace tabjoule::split_test {
namespace {

using namespace testing_table;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Target classes(const std::vector<std::size_t>& sizes) {
  Target target{"y", sizes.size() == 2 ? Task::binary : Task::multiclass, {}, {}, {}};
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    target.classes.push_back("c" + std::to_string(c));
    target.labels.insert(target.labels.end(), sizes[c], static_cast<std::int32_t>(c));
  }
  return target;
}

Target quantity(std::size_t rows) {
  Target target{"y", Task::regression, {}, {}, {}};
  for (std::size_t row = 0; row < rows; ++row) target.values.push_back(static_cast<float>((row * 7919) % rows));
  return target;
}

void expect_partition(const Split& split, std::size_t rows) {
  std::vector<std::uint32_t> all;
  for (const RowIndices* part : {&split.train, &split.validation, &split.test}) {
    EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
    all.insert(all.end(), part->begin(), part->end());
  }
  std::sort(all.begin(), all.end());
  std::vector<std::uint32_t> expected(rows);
  std::iota(expected.begin(), expected.end(), 0U);
  EXPECT_EQ(all, expected);
}

std::size_t count_label(const RowIndices& rows, const Target& target, std::int32_t label) {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](auto row) { return target.labels[row] == label; }));
}

TEST(Split, EveryRowIsInOnePartAndClassesKeepTheirShares) {
  const Target target = classes({1000, 300, 50});
  const Split split = make_split(target, {}, {});
  expect_partition(split, 1350);
  EXPECT_EQ(count_label(split.test, target, 0), 200U);
  EXPECT_EQ(count_label(split.validation, target, 0), 160U);
  EXPECT_EQ(count_label(split.test, target, 1), 60U);
  EXPECT_EQ(count_label(split.validation, target, 2), 8U);
}

TEST(Split, IsTheSeedsAlone) {
  const Target target = classes({500, 500});
  SplitOptions options;
  const Split first = make_split(target, options, {});
  EXPECT_EQ(first.train, make_split(target, options, {}).train);
  options.seed = 1;
  EXPECT_NE(first.train, make_split(target, options, {}).train);
}

TEST(Split, SmallClassesGoWhereTheyServeAloud) {
  const Target target = classes({20, 1, 2, 3, 4});
  Notices notices;
  const Split split = make_split(target, {}, notices.sink());
  expect_partition(split, 30);
  EXPECT_EQ(count_label(split.train, target, 1), 1U);
  EXPECT_EQ(count_label(split.train, target, 2), 1U);
  EXPECT_EQ(count_label(split.validation, target, 2), 1U);
  for (const std::int32_t label : {3, 4})
    for (const RowIndices* part : {&split.train, &split.validation, &split.test})
      EXPECT_GE(count_label(*part, target, label), 1U);
  EXPECT_THAT(notices.texts,
              ElementsAre(HasSubstr("\"c1\" has 1 row: it is in train"), HasSubstr("\"c2\" has 2 rows")));
}

TEST(Split, EverySizeIsAPartition) {
  for (std::size_t rows = 10; rows < 80; ++rows) {
    expect_partition(make_split(quantity(rows), {}, {}), rows);
    expect_partition(make_split(classes({rows / 3, rows - rows / 3}), {}, {}), rows);
    expect_partition(make_split(quantity(rows), {0.5, 0.45, 3}, {}), rows);
    expect_partition(make_split(quantity(rows), {0, 0.2, 3}, {}), rows);
    const Split no_test = make_split(quantity(rows), {0.2, 0, 3}, {});
    expect_partition(no_test, rows);
    EXPECT_TRUE(no_test.test.empty());
    EXPECT_FALSE(make_split(quantity(rows), {}, {}).train.empty());
  }
}

TEST(Split, RegressionPartsCoverTheWholeRange) {
  const Target target = quantity(1000);
  const Split split = make_split(target, {}, {});
  std::vector<int> per_decile(10);
  for (const auto row : split.test) ++per_decile[static_cast<std::size_t>(target.values[row] / 100)];
  for (const int count : per_decile) EXPECT_EQ(count, 20);
}

TEST(Split, BadRequestsAreErrors) {
  EXPECT_THAT(error_of([] { return make_split(quantity(9), {}, {}); }), HasSubstr("10 are needed"));
  EXPECT_THROW((void)make_split(quantity(20), {0.6, 0.5, 0}, {}), Error);
  EXPECT_THROW((void)make_split(quantity(20), {-0.1, 0.5, 0}, {}), Error);
}

Column parts(const std::vector<std::string>& levels, const std::vector<std::int32_t>& codes) {
  return {"part", ColumnKind::categorical, {}, codes, levels};
}

TEST(SplitByColumn, TakesThePartsAsTheyStand) {
  const Split split = split_by_column(parts({"TEST", "Train", "valid"}, {1, 1, 0, 2, 0}), quantity(5), 0, {});
  EXPECT_THAT(split.train, ElementsAre(0, 1));
  EXPECT_THAT(split.validation, ElementsAre(3));
  EXPECT_THAT(split.test, ElementsAre(2, 4));
}

TEST(SplitByColumn, TakesAFifthOfTrainWhereNoRowIsValidation) {
  std::vector<std::int32_t> codes(100, 1);
  codes[7] = codes[50] = 0;
  Notices notices;
  const Split split = split_by_column(parts({"test", "train"}, codes), classes({50, 50}), 0, notices.sink());
  expect_partition(split, 100);
  EXPECT_THAT(split.test, ElementsAre(7, 50));
  EXPECT_EQ(split.validation.size(), 20U);
  EXPECT_THAT(notices.texts, Contains(HasSubstr("a fifth of train")));
}

TEST(SplitByColumn, OtherValuesAreErrors) {
  const auto error = [](const Column& column, std::size_t rows) {
    return error_of([&] { return split_by_column(column, quantity(rows), 0, {}); });
  };
  EXPECT_THAT(error(parts({"dev", "train"}, {0, 1}), 2), HasSubstr("\"part\" holds \"dev\""));
  EXPECT_THAT(error(parts({"test", "train"}, {0, -1}), 2), HasSubstr("row 2 says nothing"));
  EXPECT_THAT(error(parts({"test", "train"}, {0, 1}), 3), HasSubstr("has 2 rows, the target 3"));
  EXPECT_THAT(error(parts({"train"}, {0, 0, 0}), 3), HasSubstr("no row into \"test\""));
  EXPECT_THAT(error({"part", ColumnKind::numeric, {1, 2}, {}, {}}, 2), HasSubstr("is numeric"));
}

}  // namespace
}  // namespace tabjoule::split_test
