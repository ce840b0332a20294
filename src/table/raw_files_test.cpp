// Files as they occur in the wild: each is read right, or refused with the place named.
#include "table/test_support.h"

namespace tabjoule::raw_files_test {
namespace {

using namespace testing_table;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A cell that must come out as it stands in the file.
struct Cell {
  std::string column;
  std::size_t row;
  std::string text;
};

struct RawFile {
  std::string name;
  std::size_t rows, columns;  ///< columns after the useless ones are dropped
  std::size_t numeric, missing;
  std::vector<Cell> cells;
};

const std::vector<RawFile> files{
    {"AmesHousing.bom-crlf.csv",
     2930,
     80,
     36,
     13997,
     {{"MS SubClass", 0, "020"}, {"SalePrice", 0, "215000"}, {"Alley", 0, "-"}, {"SalePrice", 2929, "188000"}}},
    {"adult.data.gz",
     32561,
     15,
     6,
     4262,
     {{"column0", 0, "39"}, {"column1", 0, "State-gov"}, {"column14", 0, "<=50K"}, {"column14", 32560, ">50K"}}},
    {"adult.test.with-comment.gz", 16281, 15, 6, 2203, {{"column0", 0, "25"}, {"column14", 0, "<=50K."}}},
    {"winequality-white.semicolon.csv", 4898, 12, 12, 0, {{"fixed acidity", 0, "7"}, {"quality", 4897, "6"}}},
    {"winequality-white.semicolon-CR-only.csv", 4898, 12, 12, 0, {{"fixed acidity", 0, "7"}, {"quality", 4897, "6"}}},
    {"winequality.crlf.csv", 6497, 13, 12, 38, {{"type", 0, "white"}, {"type", 6496, "red"}, {"quality", 6496, "6"}}},
    {"bank-additional.semicolon-quoted.csv",
     4119,
     21,
     10,
     0,
     {{"job", 0, "blue-collar"}, {"nr.employed", 0, "5099.1"}}},
    {"bank-additional.double-wrapped.csv", 4119, 21, 10, 0, {{"job", 0, "blue-collar"}, {"nr.employed", 0, "5099.1"}}},
    {"colic.arff", 368, 23, 7, 1927, {{"surgery", 0, "no"}, {"pulse", 0, "66"}}},
    {"soybean.arff", 683, 36, 0, 2337, {{"date", 0, "october"}, {"class", 0, "diaporthe-stem-canker"}}},
    {"profb.arff", 672, 10, 5, 1200, {{"Home/Away", 0, "away"}, {"Overtime", 0, "-"}}},
    {"credit-approval.arff", 690, 16, 6, 67, {{"A1", 0, "b"}, {"class", 0, "+"}}},
    {"fbis.wc.sparse.arff.gz", 2463, 2001, 2000, 0, {{"word-0", 0, "5"}, {"word-1", 0, "0"}}},
    {"horse-colic.data", 300, 28, 0, 0, {{"column3", 0, "38.5"}, {"column25", 0, "00000"}}},
    {"german.data", 1000, 21, 8, 0, {{"column0", 0, "A11"}, {"column20", 0, "1"}}},
    {"crx.data", 690, 16, 4, 67, {{"column15", 0, "+"}, {"column10", 0, "01"}}},
    {"auto_imports.csv", 201, 26, 0, 0, {{"column1", 0, "-"}, {"column2", 0, "alfa-romero"}}},
    {"avila-ts.crlf.txt", 10437, 11, 10, 0, {{"column10", 0, "W"}, {"column0", 0, "-3.498799"}}},
    {"california-geron.crlf-missing.csv", 20640, 10, 9, 207, {{"ocean_proximity", 0, "NEAR BAY"}}},
};

TEST(RawFiles, AreReadRight) {
  TABJOULE_SKIP_WITHOUT_SHARED_DATA();
  for (const auto& file : files) {
    SCOPED_TRACE(file.name);
    const Table table = read_table(shared_file("raw/" + file.name), {}, {});
    EXPECT_EQ(table.rows, file.rows);
    EXPECT_EQ(table.columns.size(), file.columns);
    std::size_t numeric = 0, missing = 0;
    for (const auto& column : table.columns) {
      numeric += column.kind == ColumnKind::numeric;
      missing += column.missing_count();
    }
    if (file.numeric > 0) {
      EXPECT_EQ(numeric, file.numeric);
      EXPECT_EQ(missing, file.missing);
    }
    for (const auto& cell : file.cells)
      EXPECT_EQ(text_at(column(table, cell.column), cell.row), cell.text) << cell.column;
  }
}

TEST(RawFiles, CrOnlyAndLfFilesAreTheSameTable) {
  TABJOULE_SKIP_WITHOUT_SHARED_DATA();
  const Table lf = read_table(shared_file("raw/winequality-white.semicolon.csv"), {}, {});
  const Table cr = read_table(shared_file("raw/winequality-white.semicolon-CR-only.csv"), {}, {});
  ASSERT_EQ(lf.names(), cr.names());
  for (std::size_t c = 0; c < lf.columns.size(); ++c) EXPECT_EQ(lf.columns[c].numbers, cr.columns[c].numbers);
}

TEST(RawFiles, WrappedAndPlainFilesAreTheSameTable) {
  TABJOULE_SKIP_WITHOUT_SHARED_DATA();
  const Table plain = read_table(shared_file("raw/bank-additional.semicolon-quoted.csv"), {}, {});
  const Table wrapped = read_table(shared_file("raw/bank-additional.double-wrapped.csv"), {}, {});
  for (std::size_t c = 0; c < plain.columns.size(); ++c)
    EXPECT_EQ(texts_of(plain.columns[c]), texts_of(wrapped.columns[c])) << plain.columns[c].name;
}

TEST(RawFiles, DamagedRowsAreNamed) {
  TABJOULE_SKIP_WITHOUT_SHARED_DATA();
  const auto error = [](const char* name) { return error_of([&] { return read_table(shared_file(name), {}, {}); }); };
  EXPECT_THAT(
      error("raw/poker-hand-training.damaged-row38.data.gz"),
      AllOf(HasSubstr("poker-hand-training.damaged-row38.data.gz: row 38 (line 38) has 10 fields instead of 11")));
  EXPECT_THAT(error("raw/mammography.truncated.arff.gz"), AllOf(HasSubstr("mammography.truncated.arff.gz: row 11183"),
                                                                HasSubstr("column \"class\""), HasSubstr("truncated")));
}

TEST(RawFiles, CommentLineIsTold) {
  TABJOULE_SKIP_WITHOUT_SHARED_DATA();
  Notices notices;
  (void)read_table(shared_file("raw/adult.test.with-comment.gz"), {}, notices.sink());
  EXPECT_THAT(notices.texts, Contains(AllOf(HasSubstr("line 1 skipped"), HasSubstr("1x3 Cross validator"))));
}

}  // namespace
}  // namespace tabjoule::raw_files_test
