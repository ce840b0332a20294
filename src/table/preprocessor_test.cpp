// Learning, applying and storing a preprocessor.
#include "table/preprocessor.h"

#include <cmath>
#include <numeric>

#include "base/random.h"
#include "table/normal_quantile.h"
#include "table/test_support.h"

namespace tabjoule::preprocessor_test {
namespace {

using namespace testing_table;
using ::testing::Contains;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Column numbers(const std::string& name, const std::vector<double>& values, ColumnKind kind = ColumnKind::numeric) {
  return {name, kind, values, {}, {}};
}

Column texts(const std::string& name, const std::vector<std::string>& levels, const std::vector<std::int32_t>& codes) {
  return {name, ColumnKind::categorical, {}, codes, levels};
}

Table table_of(std::vector<Column> columns) {
  const std::size_t rows = std::max(columns[0].numbers.size(), columns[0].codes.size());
  return {"t.csv", std::move(columns), rows};
}

RowIndices all_rows(const Table& table) {
  RowIndices rows(table.rows);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

PreprocessOptions standard() {
  PreprocessOptions options;
  options.scaling = Scaling::standard;
  options.min_count = 1;
  return options;
}

std::vector<float> column_of(const Matrix& matrix, Eigen::Index at) {
  std::vector<float> values;
  for (Eigen::Index row = 0; row < matrix.rows(); ++row) values.push_back(matrix(row, at));
  return values;
}

TEST(NormalQuantile, IsTheInverseOfTheDistribution) {
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(1e-7), -5.199337582290661, 1e-9);
  for (double p = 1e-7; p < 1; p += 1e-4) EXPECT_NEAR(0.5 * std::erfc(-normal_quantile(p) / std::sqrt(2)), p, 1e-12);
}

TEST(Preprocessor, StandardScaleHasMeanZeroAndDeviationOne) {
  const Table table = table_of({numbers("a", {1, 2, 3, 6}), numbers("b", {1, NAN, 3, NAN})});
  const Preprocessor preprocessor = fit_preprocessor(table, all_rows(table), standard(), {});
  EXPECT_THAT(preprocessor.output_names(), ElementsAre("a", "b", "b missing"));
  EXPECT_EQ(preprocessor.width(), 3);
  const Matrix matrix = transform(preprocessor, table, all_rows(table));
  EXPECT_NEAR(matrix.col(0).mean(), 0, 1e-6);
  EXPECT_NEAR(matrix.col(0).squaredNorm() / 4, 1, 1e-6);
  EXPECT_THAT(column_of(matrix, 1), ElementsAre(-1, 0, 1, 0));  // the mean is filled in
  EXPECT_THAT(column_of(matrix, 2), ElementsAre(0, 1, 0, 1));
}

TEST(Preprocessor, LearnsFromTrainingRowsOnly) {
  const Table table = table_of({numbers("a", {1, 3, 1000, NAN}), texts("c", {"p", "q", "r"}, {0, 1, 2, -1})});
  const RowIndices train{0, 1};
  const Preprocessor preprocessor = fit_preprocessor(table, train, standard(), {});
  EXPECT_EQ(preprocessor.numeric[0].fill, 2);
  EXPECT_FALSE(preprocessor.numeric[0].indicator);
  EXPECT_THAT(preprocessor.categorical[0].levels, ElementsAre("p", "q"));
  const Matrix matrix = transform(preprocessor, table, all_rows(table));
  EXPECT_THAT(column_of(matrix, 0), ElementsAre(-1, 1, 998, 0));
  EXPECT_THAT(column_of(matrix, 1), ElementsAre(1, 0, 0, 0));  // unseen and missing: all zeros
  EXPECT_THAT(column_of(matrix, 2), ElementsAre(0, 1, 0, 0));
}

/// The definition, computed the slow way: share of train below plus half the share equal.
double slow_z(const std::vector<double>& train, double x) {
  double less = 0, equal = 0;
  for (const double value : train) (value < x ? less : equal) += value <= x ? 1 : 0;
  return normal_quantile((less + equal / 2) / static_cast<double>(train.size()));
}

TEST(Preprocessor, QuantileScaleIsTheNormalQuantileOfTheMiddleRank) {
  Rng random(3);
  std::vector<double> values;
  for (int i = 0; i < 5000; ++i) values.push_back(std::floor(std::exp(2 * random.normal())));  // many ties
  const Table table = table_of({numbers("a", values)});
  PreprocessOptions options;
  options.max_knots = 100000;  // every value is a knot
  const Preprocessor exact = fit_preprocessor(table, all_rows(table), options, {});
  const Matrix matrix = transform(exact, table, all_rows(table));
  for (std::size_t row = 0; row < 200; ++row)
    EXPECT_THAT(matrix(static_cast<Eigen::Index>(row), 0),
                ::testing::FloatNear(static_cast<float>(slow_z(values, values[row])), 1e-5F));
}

TEST(Preprocessor, QuantileScaleIsMonotoneFiniteAndNearNormal) {
  Rng random(4);
  std::vector<double> values;
  for (int i = 0; i < 20000; ++i) values.push_back(std::exp(3 * random.normal()));
  const Table table = table_of({numbers("a", values)});
  const Preprocessor preprocessor = fit_preprocessor(table, all_rows(table), {}, {});
  const NumericFeature& feature = preprocessor.numeric[0];
  EXPECT_LE(feature.knots_x.size(), 257U);
  EXPECT_GE(feature.knots_x.size(), 250U);
  for (std::size_t i = 1; i < feature.knots_x.size(); ++i) {
    EXPECT_LT(feature.knots_x[i - 1], feature.knots_x[i]);
    EXPECT_LT(feature.knots_z[i - 1], feature.knots_z[i]);
  }
  const Matrix z = transform(preprocessor, table, all_rows(table));
  EXPECT_NEAR(z.mean(), 0, 0.02);
  EXPECT_NEAR(z.squaredNorm() / 20000, 1, 0.02);
  EXPECT_LT(z.cwiseAbs().maxCoeff(), 5.2F);
  std::vector<double> probes{-1e308, -1, 0, 1e-300, 0.5, 1, 7, 1e6, 1e308};
  const Table probe = table_of({numbers("a", probes)});
  const Matrix at = transform(preprocessor, probe, all_rows(probe));
  for (Eigen::Index i = 0; i + 1 < at.rows(); ++i) EXPECT_LE(at(i, 0), at(i + 1, 0));
}

TEST(Preprocessor, OutputIsFiniteForEveryInput) {
  const std::vector<double> wild{-1.7e308, 1.7e308, 5e-324, 0, -5e-324, 1, NAN, 1e-300, 1e300, -0.0};
  for (const Scaling scaling : {Scaling::standard, Scaling::quantile})
    for (std::size_t train_rows = 2; train_rows <= wild.size(); ++train_rows) {
      const Table table = table_of(
          {numbers("a", wild), numbers("t", wild, ColumnKind::datetime), numbers("u", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})});
      RowIndices train = all_rows(table);
      train.resize(train_rows);
      PreprocessOptions options;
      options.scaling = scaling;
      const Matrix out = transform(fit_preprocessor(table, train, options, {}), table, all_rows(table));
      EXPECT_TRUE(out.allFinite()) << train_rows;
    }
}

TEST(Preprocessor, ConstantFeaturesAreDroppedAloud) {
  const Table table =
      table_of({numbers("same", {2, 2, 2, 9}), numbers("gone", {NAN, NAN, NAN, 1}), numbers("gaps", {5, NAN, 5, 5}),
                texts("one", {"p", "q"}, {0, 0, 0, 1}), numbers("a", {1, 2, 3, 4})});
  const RowIndices train{0, 1, 2};
  Notices notices;
  const Preprocessor preprocessor = fit_preprocessor(table, train, {}, notices.sink());
  EXPECT_THAT(preprocessor.output_names(), ElementsAre("gaps", "gaps missing", "a"));
  EXPECT_THAT(notices.texts, ElementsAre(HasSubstr("\"same\" dropped: it is constant"),
                                         HasSubstr("\"gone\" dropped: it has no"), HasSubstr("\"one\" dropped")));
  EXPECT_THAT(column_of(transform(preprocessor, table, train), 0), ElementsAre(0, 0, 0));
  const Table nothing = table_of({numbers("same", {2, 2, 2})});
  EXPECT_THAT(error_of([&] { return fit_preprocessor(nothing, train, {}, {}); }), HasSubstr("no feature varies"));
}

TEST(Preprocessor, CategoriesKeepTheFrequentLevels) {
  std::vector<std::int32_t> codes(20, 0);
  for (std::size_t i = 0; i < 6; ++i) codes[i] = 1;
  codes[6] = codes[7] = 2;
  codes[8] = 3;
  codes[9] = -1;
  const Table table = table_of({texts("c", {"a", "b", "rare", "rarer"}, codes)});
  PreprocessOptions options;
  const Preprocessor preprocessor = fit_preprocessor(table, all_rows(table), options, {});
  EXPECT_THAT(preprocessor.output_names(), ElementsAre("c=a", "c=b", "c missing", "c other"));
  const Matrix out = transform(preprocessor, table, all_rows(table));
  EXPECT_THAT(column_of(out.row(0).transpose(), 0), ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(column_of(out.row(6).transpose(), 0), ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(column_of(out.row(9).transpose(), 0), ElementsAre(0, 0, 1, 0));
  EXPECT_TRUE((out.rowwise().sum().array() == 1).all());

  options.max_levels = 1;
  EXPECT_THAT(fit_preprocessor(table, all_rows(table), options, {}).categorical[0].levels, ElementsAre("a"));
  options.max_levels = 128;
  options.min_count = 1000;  // would leave none
  EXPECT_EQ(fit_preprocessor(table, all_rows(table), options, {}).categorical[0].levels.size(), 4U);
  options.encoding = CategoryEncoding::codes;
  options.min_count = 5;
  const Preprocessor coded = fit_preprocessor(table, all_rows(table), options, {});
  EXPECT_EQ(coded.width(), 1);
  EXPECT_EQ(coded.categorical[0].cardinality(), 4);
  const Matrix numbers_out = transform(coded, table, all_rows(table));
  EXPECT_EQ(numbers_out(0, 0), 1);
  EXPECT_EQ(numbers_out(6, 0), 3);
  EXPECT_EQ(numbers_out(9, 0), 2);
}

TEST(Preprocessor, LevelsAreMappedByTheirText) {
  const Table train = table_of({texts("c", {"a", "b"}, {0, 1, 0, 1})});
  const Preprocessor preprocessor = fit_preprocessor(train, all_rows(train), standard(), {});
  const Table fresh = table_of({texts("c", {"0", "b", "new"}, {1, 0, 2, -1})});
  const Matrix out = transform(preprocessor, fresh, all_rows(fresh));
  EXPECT_THAT(column_of(out, 0), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(column_of(out, 1), ElementsAre(1, 0, 0, 0));
}

TEST(Preprocessor, DatesBecomeTheirVaryingParts) {
  const double day = 86400;
  const Table table = table_of({numbers("d", {0, 31 * day, NAN, 400 * day}, ColumnKind::datetime)});
  Notices notices;
  const Preprocessor preprocessor = fit_preprocessor(table, all_rows(table), standard(), notices.sink());
  EXPECT_THAT(preprocessor.output_names(),
              ElementsAre("d.epoch_days", "d missing", "d.year", "d.month", "d.day", "d.weekday"));
  EXPECT_THAT(notices.texts, ElementsAre(HasSubstr("\"d\": hour dropped")));
  EXPECT_THAT(preprocessor.schema(), ElementsAre(std::pair(std::string("d"), ColumnKind::datetime)));
  const Matrix out = transform(preprocessor, table, all_rows(table));
  EXPECT_THAT(column_of(out, 1), ElementsAre(0, 0, 1, 0));
  EXPECT_TRUE(out.allFinite());
}

TEST(Preprocessor, SchemaListsEveryColumnOnce) {
  const Table table = table_of({texts("c", {"a", "b"}, {0, 1, 0}), numbers("d", {0, 1e7, 4e7}, ColumnKind::datetime),
                                numbers("b", {0, 1, 1}, ColumnKind::boolean), numbers("n", {1, 2, 3})});
  const Preprocessor preprocessor = fit_preprocessor(table, all_rows(table), standard(), {});
  // The date's six parts, the boolean, the number, two levels.
  EXPECT_THAT(preprocessor.column_ends(), ElementsAre(6, 7, 8, 10));
  EXPECT_EQ(preprocessor.width(), 10);
  EXPECT_THAT(preprocessor.schema(), ElementsAre(std::pair(std::string("d"), ColumnKind::datetime),
                                                 std::pair(std::string("b"), ColumnKind::boolean),
                                                 std::pair(std::string("n"), ColumnKind::numeric),
                                                 std::pair(std::string("c"), ColumnKind::categorical)));
}

TEST(Preprocessor, TablesThatDoNotFitAreErrors) {
  const Table table = table_of({numbers("age", {1, 2, 3}), texts("c", {"a", "b"}, {0, 1, 0})});
  const Preprocessor preprocessor = fit_preprocessor(table, all_rows(table), standard(), {});
  const RowIndices rows{0};
  const Table renamed = table_of({numbers("agee", {1, 2, 3}), texts("c", {"a", "b"}, {0, 1, 0})});
  EXPECT_THAT(error_of([&] { return transform(preprocessor, renamed, rows); }),
              HasSubstr("no column \"age\"; did you mean \"agee\"?"));
  const Table other_kind = table_of({numbers("age", {1, 2, 3}), numbers("c", {0, 1, 0})});
  EXPECT_THAT(error_of([&] { return transform(preprocessor, other_kind, rows); }),
              HasSubstr("in training it was categorical"));
  EXPECT_THROW((void)transform(preprocessor, table, RowIndices{3}), Error);
  EXPECT_THROW((void)fit_preprocessor(table, RowIndices{7}, standard(), {}), Error);
  PreprocessOptions options;
  options.max_knots = 1;
  EXPECT_THROW((void)fit_preprocessor(table, rows, options, {}), Error);
}

TEST(Preprocessor, JsonBringsBackTheSameMatrix) {
  Rng random(9);
  std::vector<double> a, d;
  std::vector<std::int32_t> c;
  for (int i = 0; i < 500; ++i) {
    a.push_back(random.below(10) == 0 ? NAN : random.normal() / 3);
    d.push_back(random.uniform() * 1e9);
    c.push_back(static_cast<std::int32_t>(random.below(5)) - 1);
  }
  const Table table =
      table_of({numbers("a \"x\"", a), numbers("d", d, ColumnKind::datetime), texts("c", {"ä", "b", "c", "d"}, c)});
  for (const Scaling scaling : {Scaling::standard, Scaling::quantile})
    for (const CategoryEncoding encoding : {CategoryEncoding::one_hot, CategoryEncoding::codes}) {
      PreprocessOptions options;
      options.scaling = scaling;
      options.encoding = encoding;
      const Preprocessor before = fit_preprocessor(table, all_rows(table), options, {});
      const Preprocessor after = preprocessor_from_json(Json::parse(to_text(to_json(before))));
      EXPECT_EQ(before.output_names(), after.output_names());
      EXPECT_EQ(transform(before, table, all_rows(table)), transform(after, table, all_rows(table)));
      EXPECT_EQ(to_json(before), to_json(after));
    }
}

TEST(Preprocessor, TheExampleOfItsFormatPageIsRead) {
  const std::string page = read_file(std::filesystem::path(TABJOULE_TEST_DATA) / "../../docs/preprocessor-format.md");
  const auto begin = page.find("```json") + 7;
  const Json example = Json::parse(page.substr(begin, page.find("```", begin) - begin));
  const Preprocessor preprocessor = preprocessor_from_json(example);
  EXPECT_THAT(preprocessor.output_names(), ElementsAre("age", "age missing", "job=clerk", "job=smith", "job other"));
  EXPECT_EQ(to_json(preprocessor), example);
}

TEST(Preprocessor, DamagedJsonIsRefusedWithTheMemberNamed) {
  const Table table = table_of({numbers("a", {1, 2, 3}), texts("c", {"p", "q"}, {0, 1, 0})});
  PreprocessOptions options;
  options.min_count = 1;
  const Json good = to_json(fit_preprocessor(table, all_rows(table), options, {}));
  const auto error = [&](const std::string& pointer, const Json& value) {
    Json bad = good;
    bad[Json::json_pointer(pointer)] = value;
    return error_of([&] { return preprocessor_from_json(bad); });
  };
  EXPECT_THAT(error("/version", 2), HasSubstr("version 2"));
  EXPECT_THAT(error("/version", "one"), HasSubstr("\"version\""));
  EXPECT_THAT(error("/format", 5), HasSubstr("\"format\""));
  EXPECT_THAT(error("/numeric", 5), HasSubstr("\"numeric\" must be a list"));
  EXPECT_THAT(error("/numeric/0/fill", "x"), HasSubstr("numeric[0]: member \"fill\" must be a number"));
  EXPECT_THAT(error("/numeric/0/scaling", "log"), HasSubstr("\"scaling\" says \"log\""));
  EXPECT_THAT(error("/numeric/0/part", "year"), HasSubstr("\"part\""));
  EXPECT_THAT(error("/numeric/0/knots_x", Json::array({1, 1, 2})), HasSubstr("strictly increase"));
  EXPECT_THAT(error("/numeric/0/knots_z", Json::array({1})), HasSubstr("one length"));
  EXPECT_THAT(error("/categorical/0/levels", Json::array({"q", "p"})), HasSubstr("sorted"));
  EXPECT_THAT(error("/categorical/0/has_other", 1), HasSubstr("true or false"));
  // Every member taken away, one after the other.
  for (const auto& [key, value] : good["numeric"][0].items()) {
    Json bad = good;
    bad["numeric"][0].erase(key);
    EXPECT_THAT(error_of([&] { return preprocessor_from_json(bad); }), HasSubstr("\"" + key + "\" is absent"));
  }
  EXPECT_THAT(error_of([] { return preprocessor_from_json(Json::array()); }), HasSubstr("preprocessor"));
}

}  // namespace
}  // namespace tabjoule::preprocessor_test
