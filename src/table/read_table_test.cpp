// Kinds, missing values, useless columns, options and errors of read_table.
#include <zlib.h>

#include "table/test_support.h"

namespace tabjoule::read_table_test {
namespace {

using namespace testing_table;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A column "c" of these cells beside a column "n" that makes rows.
Table read_cells(const std::vector<std::string>& cells, const ReadOptions& options = {},
                 const NoticeSink& notice = {}) {
  std::string text = "n,c\n";
  for (std::size_t i = 0; i < cells.size(); ++i) text += fmt::format("{},{}\n", i * i + 1, cells[i]);
  ReadOptions keep = options;
  keep.keep.push_back("c");
  return read_text(text, keep, "t.csv", notice);
}

ReadOptions fixed(ColumnKind kind) {
  ReadOptions options;
  options.kinds["c"] = kind;
  return options;
}

TEST(ReadTable, KindsAreInferredFromEveryCell) {
  const auto kind = [](const std::vector<std::string>& cells) { return column(read_cells(cells), "c").kind; };
  EXPECT_EQ(kind({"1", "2.5", "-3e4", ""}), ColumnKind::numeric);
  EXPECT_EQ(kind({"0", "1", "1"}), ColumnKind::numeric);
  EXPECT_EQ(kind({"true", "FALSE", "?"}), ColumnKind::boolean);
  EXPECT_EQ(kind({"2024-01-31", "2024-02-01 12:00", ""}), ColumnKind::datetime);
  EXPECT_EQ(kind({"a", "b", ""}), ColumnKind::categorical);
  EXPECT_EQ(kind({"2024-01-31", "soon"}), ColumnKind::categorical);
  EXPECT_EQ(kind({"true", "false", "maybe"}), ColumnKind::categorical);
  EXPECT_EQ(kind({"?", "NA", ""}), ColumnKind::numeric);
}

TEST(ReadTable, LeadingZerosMakeCodesAndTheirTextStays) {
  const Table table = read_cells({"20", "020", "1", "?"});
  EXPECT_EQ(column(table, "c").kind, ColumnKind::categorical);
  EXPECT_THAT(texts_of(column(table, "c")), ElementsAre("20", "020", "1", "-"));
}

TEST(ReadTable, MissingTokensAreMissingInEveryKind) {
  const Table numbers = read_cells({"1", "?", "NA", "N/A", "NaN", "null", "", "2"});
  EXPECT_EQ(column(numbers, "c").missing_count(), 6U);
  const Table texts = read_cells({"x", "?", "NA", "N/A", "NaN", "null", "", "y"});
  EXPECT_EQ(column(texts, "c").missing_count(), 6U);
  EXPECT_THAT(column(texts, "c").levels, ElementsAre("x", "y"));
}

TEST(ReadTable, InfinitiesAreMissingAndCounted) {
  Notices notices;
  const Table table = read_cells({"1", "inf", "-Infinity", "1e999", "2"}, {}, notices.sink());
  EXPECT_THAT(texts_of(column(table, "c")), ElementsAre("1", "-", "-", "-", "2"));
  EXPECT_THAT(notices.texts, Contains(HasSubstr("\"c\": 3 infinite values")));
}

TEST(ReadTable, StrayTextAmongManyNumbersMakesCategoriesAloud) {
  std::vector<std::string> cells;
  for (int i = 0; i < 30000; ++i) cells.push_back(std::to_string(i % 50));
  cells.push_back("oops");
  Notices notices;
  const Table table = read_cells(cells, {}, notices.sink());
  EXPECT_EQ(column(table, "c").levels.size(), 51U);
  EXPECT_EQ(text_at(column(table, "c"), 0), "0");
  EXPECT_EQ(text_at(column(table, "c"), 29999), "49");
  EXPECT_THAT(notices.texts, Contains(AllOf(HasSubstr("row 30001"), HasSubstr("oops"), HasSubstr("30000 of its"))));
}

TEST(ReadTable, LevelsAreSortedAndEachUsed) {
  const Table table = read_cells({"pear", "apple", "fig", "apple"});
  EXPECT_THAT(column(table, "c").levels, ElementsAre("apple", "fig", "pear"));
  EXPECT_THAT(column(table, "c").codes, ElementsAre(2, 0, 1, 0));
}

TEST(ReadTable, AmbiguousDatesAreReadMonthFirstAloud) {
  Notices notices;
  const Table table = read_cells({"1/2/2024", "3/4/2024"}, {}, notices.sink());
  EXPECT_EQ(column(table, "c").numbers[0], 1704153600);  // January 2nd
  EXPECT_THAT(notices.texts, Contains(HasSubstr("month first")));
  const Table clear = read_cells({"1/2/2024", "13/4/2024"});
  EXPECT_EQ(column(clear, "c").numbers[0], 1706745600);  // February 1st
}

TEST(ReadTable, FixedKindsWin) {
  EXPECT_THAT(column(read_cells({"1", "02", "1.50"}, fixed(ColumnKind::categorical)), "c").levels,
              ElementsAre("02", "1", "1.50"));
  EXPECT_THAT(texts_of(column(read_cells({"020", "1"}, fixed(ColumnKind::numeric)), "c")), ElementsAre("20", "1"));
  EXPECT_THAT(texts_of(column(read_cells({"yes", "0", ""}, fixed(ColumnKind::boolean)), "c")),
              ElementsAre("1", "0", "-"));
  EXPECT_THAT(texts_of(column(read_cells({"19700102", "60"}, fixed(ColumnKind::datetime)), "c")),
              ElementsAre("86400", "60"));
}

TEST(ReadTable, CellsThatDoNotFitAFixedKindAreNamed) {
  const auto error = [](const std::vector<std::string>& cells, ColumnKind kind) {
    return error_of([&] { return read_cells(cells, fixed(kind)); });
  };
  EXPECT_THAT(error({"1", "two"}, ColumnKind::numeric),
              AllOf(HasSubstr("t.csv"), HasSubstr("row 2, column \"c\": \"two\" is not a number")));
  EXPECT_THAT(error({"yes", "no", "maybe"}, ColumnKind::boolean), HasSubstr("row 3, column \"c\": \"maybe\""));
  EXPECT_THAT(error({"2024-01-01", "soon"}, ColumnKind::datetime), HasSubstr("row 2, column \"c\": \"soon\""));
}

TEST(ReadTable, UselessColumnsAreDroppedAloudUnlessNamed) {
  std::string text = "id,key,same,empty,some,x\n";
  for (int i = 0; i < 12; ++i) text += fmt::format("{},k{},7,,{},{}\n", 11 - i + 5, i, i == 3 ? "yes" : "", i % 3);
  Notices notices;
  const Table table = read_text(text, {}, "t.csv", notices.sink());
  EXPECT_THAT(table.names(), ElementsAre("some", "x"));  // one value and missing ones still tell something
  EXPECT_THAT(notices.texts,
              ElementsAre(HasSubstr("\"id\" dropped: it counts"), HasSubstr("\"key\" dropped: every"),
                          HasSubstr("\"same\" dropped: all"), HasSubstr("\"empty\" dropped: it has no")));
  ReadOptions options;
  options.keep = {"id", "same"};
  options.kinds["key"] = ColumnKind::categorical;
  options.drop = {"x"};
  EXPECT_THAT(read_text(text, options).names(), ElementsAre("id", "key", "same", "some"));
}

TEST(ReadTable, SchemaFixesColumnsKindsAndOrder) {
  ReadOptions options;
  options.schema = {{"c", ColumnKind::categorical}, {"a", ColumnKind::numeric}};
  const Table table = read_text("a,b,c\n1,x,7\n2,y,7\n", options);
  EXPECT_THAT(table.names(), ElementsAre("c", "a"));
  EXPECT_THAT(texts_of(table.columns[0]), ElementsAre("7", "7"));
  const Table one_row = read_text("a,c\n1,\n", options);
  EXPECT_THAT(texts_of(one_row.columns[0]), ElementsAre("-"));
  options.schema.emplace_back("colour", ColumnKind::numeric);
  EXPECT_THAT(error_of([&] { return read_text("a,b,c,color\n1,x,7,1\n", options); }),
              HasSubstr("no column \"colour\"; did you mean \"color\"?"));
}

TEST(ReadTable, OptionsThatNameNoColumnAreErrors) {
  ReadOptions options;
  options.drop = {"agee"};
  EXPECT_THAT(error_of([&] { return read_text("age,b\n1,x\n2,y\n", options); }), HasSubstr("did you mean \"age\"?"));
}

TEST(ReadTable, FileErrorsNameTheFileAndWhatToDo) {
  const Folder folder;
  folder.write("adult.csv", "a,b\n1,x\n");
  EXPECT_THAT(error_of([&] { return read_table(folder.file("adlut.csv"), {}, {}); }),
              AllOf(HasSubstr("adlut.csv"), HasSubstr("did you mean \"adult.csv\"?")));
  EXPECT_THAT(error_of([&] { return read_table(folder.file(""), {}, {}); }), HasSubstr("is a folder"));
  EXPECT_THAT(error_of([&] { return read_table(folder.file("no/such.csv"), {}, {}); }), HasSubstr("no such file"));
  folder.write("broken.csv.gz", "\x1F\x8B\x08 broken");
  EXPECT_THAT(error_of([&] { return read_table(folder.file("broken.csv.gz"), {}, {}); }), HasSubstr("gzip"));
  // A whole gzip file, cut short.
  gzFile out = gzopen(folder.file("cut.csv.gz").c_str(), "wb");
  for (int i = 0; i < 2000; ++i) gzprintf(out, "%d,x%d\n", i * i, i % 77);
  gzclose(out);
  EXPECT_EQ(read_table(folder.file("cut.csv.gz"), {}, {}).rows, 2000U);
  std::filesystem::resize_file(folder.file("cut.csv.gz"), std::filesystem::file_size(folder.file("cut.csv.gz")) - 100);
  EXPECT_THAT(error_of([&] { return read_table(folder.file("cut.csv.gz"), {}, {}); }), HasSubstr("truncated gzip"));
  EXPECT_THAT(error_of([&] { return read_table("/dev/null", {}, {}); }), HasSubstr("not a regular file"));
  const std::filesystem::path file = folder.file("adult.csv");
  const bool root = geteuid() == 0;  // root reads everything: be somebody else for a moment
  const auto error_for_nobody = [&] {
    EXPECT_EQ(root ? seteuid(65534) : 0, 0);
    const std::string error = error_of([&] { return read_table(file, {}, {}); });
    EXPECT_EQ(root ? seteuid(0) : 0, 0);
    return error;
  };
  std::filesystem::permissions(file, std::filesystem::perms::none);
  std::filesystem::permissions(file.parent_path(), static_cast<std::filesystem::perms>(0755));
  EXPECT_THAT(error_for_nobody(), HasSubstr("denied"));
  std::filesystem::permissions(file.parent_path(), std::filesystem::perms::none);
  EXPECT_THAT(error_for_nobody(), HasSubstr("denied"));
  std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all);
}

TEST(ReadTable, UsageErrors) {
  EXPECT_THROW((void)read_table(" ", {}, {}), Error);
  ReadOptions options;
  options.threads = 0;
  EXPECT_THROW((void)read_table("x.csv", options, {}), Error);
  EXPECT_THROW((void)column_kind_from("numerical"), Error);
  EXPECT_EQ(column_kind_from("datetime"), ColumnKind::datetime);
}

TEST(ReadTable, FormatIsKnownFromContentWhereTheNameSaysNothing) {
  const std::string arff = "% c\n@RELATION r\n@ATTRIBUTE a numeric\n@ATTRIBUTE b {x,y}\n@DATA\n1,x\n2,y\n";
  EXPECT_THAT(read_text(arff, {}, "data").names(), ElementsAre("a", "b"));
  EXPECT_THAT(read_text("a\tb\n1\tx\n2\ty\n", {}, "data").names(), ElementsAre("a", "b"));
  EXPECT_THAT(read_text("{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": \"y\"}\n", {}, "data").names(),
              ElementsAre("a", "b"));
}

}  // namespace
}  // namespace tabjoule::read_table_test
