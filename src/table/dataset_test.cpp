#include "table/dataset.h"

#include "table/test_support.h"

namespace tabjoule::dataset_test {
namespace {

using namespace testing_table;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Column numbers(const std::string& name, const std::vector<double>& values, ColumnKind kind = ColumnKind::numeric) {
  return {name, kind, values, {}, {}};
}

/// 40 rows: a feature "x" and the target "y".
Table table_with(Column target) {
  Table table{"t.csv", {}, std::max(target.numbers.size(), target.codes.size())};
  std::vector<double> x;
  for (std::size_t row = 0; row < table.rows; ++row) x.push_back(static_cast<double>(row));
  table.columns.push_back(numbers("x", x));
  table.columns.push_back(std::move(target));
  return table;
}

std::vector<double> repeated(const std::vector<double>& values, int times) {
  std::vector<double> result;
  for (int i = 0; i < times; ++i) result.insert(result.end(), values.begin(), values.end());
  return result;
}

TEST(Dataset, TaskIsGuessedAndTold) {
  const auto task = [](Column column) { return make_dataset(table_with(std::move(column)), "y", {}, {}).target.task; };
  EXPECT_EQ(task(numbers("y", repeated({0, 1}, 20), ColumnKind::boolean)), Task::binary);
  EXPECT_EQ(task(numbers("y", repeated({1, 2}, 20))), Task::binary);
  EXPECT_EQ(task(numbers("y", repeated({0.5, 2}, 20))), Task::binary);  // two values, even with a fraction
  EXPECT_EQ(task(numbers("y", repeated({5, 6, 7}, 20))), Task::multiclass);
  EXPECT_EQ(task(numbers("y", repeated({5, 6, 7.5}, 20))), Task::regression);
  EXPECT_EQ(task(numbers("y", repeated({5, 6, 7}, 9))), Task::regression);  // too few rows a class
  std::vector<double> many;
  for (int i = 0; i < 21; ++i) many.push_back(i);
  EXPECT_EQ(task(numbers("y", repeated(many, 20))), Task::regression);
  EXPECT_EQ(task({"y", ColumnKind::categorical, {}, {0, 1, 2, 0}, {"a", "b", "c"}}), Task::multiclass);
  EXPECT_EQ(task({"y", ColumnKind::categorical, {}, {0, 1, 1, 0}, {"a", "b"}}), Task::binary);

  Notices notices;
  (void)make_dataset(table_with(numbers("y", repeated({5, 6, 7}, 20))), "y", {}, notices.sink());
  EXPECT_THAT(notices.texts, ElementsAre(AllOf(HasSubstr("multiclass"), HasSubstr("say regression"))));
}

TEST(Dataset, ClassesAreSortedByValue) {
  const auto target = [](Column column, std::optional<Task> task = {}) {
    return make_dataset(table_with(std::move(column)), "y", task, {}).target;
  };
  const Target by_number = target(numbers("y", repeated({10, 9, -1}, 10)));
  EXPECT_THAT(by_number.classes, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(std::vector<std::int32_t>(by_number.labels.begin(), by_number.labels.begin() + 3), ElementsAre(2, 1, 0));
  EXPECT_THAT(target(numbers("y", repeated({1, 0}, 10), ColumnKind::boolean)).classes, ElementsAre("false", "true"));
  const Target forced = target(numbers("y", repeated({0.25, 3}, 10)), Task::multiclass);
  EXPECT_THAT(forced.classes, ElementsAre("0.25", "3"));
  EXPECT_EQ(forced.outputs(), 2);
  EXPECT_EQ(target(numbers("y", {1, 2.5, 3}), Task::regression).outputs(), 1);
  EXPECT_THAT(target(numbers("y", {1, 2.5, 3}), Task::regression).values, ElementsAre(1, 2.5, 3));
}

TEST(Dataset, RowsWithoutATargetAreDroppedAloud) {
  Table table = table_with(numbers("y", {1, NAN, 2, 1, NAN, 2}));
  table.columns.push_back({"c", ColumnKind::categorical, {}, {0, 1, 2, -1, 1, 0}, {"p", "q", "r"}});
  Notices notices;
  const Dataset dataset = make_dataset(std::move(table), "y", {}, notices.sink());
  EXPECT_EQ(dataset.rows(), 4U);
  EXPECT_THAT(dataset.features.columns[0].numbers, ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(dataset.features.columns[1].levels, ElementsAre("p", "r"));  // "q" was only in dropped rows
  EXPECT_THAT(dataset.features.columns[1].codes, ElementsAre(0, 1, -1, 0));
  EXPECT_THAT(dataset.target.labels, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(notices.texts, Contains(HasSubstr("2 of 6 rows dropped")));
}

TEST(Dataset, UnusableTargetsAreErrors) {
  const auto error = [](Column column, std::optional<Task> task = {}) {
    return error_of([&] { return make_dataset(table_with(column), "y", task, {}); });
  };
  EXPECT_THAT(error_of([] {
                return make_dataset(table_with(numbers("income", {1, 2})), "incomes", {}, {});
              }),
              AllOf(HasSubstr("t.csv"), HasSubstr("no target column \"incomes\"; did you mean \"income\"?")));
  EXPECT_THAT(error(numbers("y", {1, 1, 1})), HasSubstr("one class only, \"1\""));
  EXPECT_THAT(error(numbers("y", {NAN, NAN})), HasSubstr("no value in any row"));
  EXPECT_THAT(error(numbers("y", {1, 2, 3}), Task::binary), HasSubstr("has 3 classes, a binary task needs 2"));
  EXPECT_THAT(error({"y", ColumnKind::categorical, {}, {0, 1}, {"a", "b"}}, Task::regression),
              HasSubstr("holds text such as \"a\""));
  EXPECT_THAT(error(numbers("y", {1, 2, 3}, ColumnKind::datetime)), HasSubstr("is a date"));
  EXPECT_THAT(error(numbers("y", {1, 1e300}), Task::regression), HasSubstr("too large"));
  std::vector<double> many;
  for (int i = 0; i < 1001; ++i) many.push_back(i);
  EXPECT_THAT(error(numbers("y", many), Task::multiclass), HasSubstr("1001 classes"));
  Table lonely{"t.csv", {numbers("y", {1, 2})}, 2};
  EXPECT_THAT(error_of([&] { return make_dataset(lonely, "y", {}, {}); }), HasSubstr("no feature column"));
}

TEST(Dataset, TasksHaveNames) {
  for (const Task task : {Task::binary, Task::multiclass, Task::regression})
    EXPECT_EQ(task_from(to_string(task)), task);
  EXPECT_THROW((void)task_from("ranking"), Error);
}

}  // namespace
}  // namespace tabjoule::dataset_test
