#include "table/arff.h"

#include "table/test_support.h"

namespace tabjoule::arff_test {
namespace {

using namespace testing_table;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string header =
    "% comment\n@relation 'my data'\n\n@attribute 'a b' numeric\n@ATTRIBUTE c {red, 'dark blue', NA, 1}\n"
    "@attribute d date \"yyyy-MM-dd\"\n@attribute s string\n@attribute w\tREAL\n@data\n";

Table read(const std::string& rows, const ReadOptions& options = {}) {
  ReadOptions keep = options;
  for (const char* name : {"a b", "c", "d", "s", "w"}) keep.keep.emplace_back(name);
  return read_text(header + rows, keep, "t.arff");
}

std::string error_in(const std::string& rows) {
  return error_of([&] { return read(rows); });
}

TEST(Arff, DeclaredTypesDecideTheKinds) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    std::string text = "1,'dark blue',2024-01-02,'it\\'s',0.5\n%x\n?,NA,?,\"b, c\",?\n 3 , 1 ,'2024-01-03', b ,-1e3\n";
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += end.size())
      text.replace(at, 1, end);
    const Table table = read(text);
    EXPECT_THAT(texts_of(column(table, "a b")), ElementsAre("1", "-", "3"));
    EXPECT_THAT(texts_of(column(table, "c")), ElementsAre("dark blue", "NA", "1"));
    EXPECT_EQ(column(table, "c").kind, ColumnKind::categorical);
    EXPECT_THAT(texts_of(column(table, "d")), ElementsAre("1704153600", "-", "1704240000"));
    EXPECT_EQ(column(table, "d").kind, ColumnKind::datetime);
    EXPECT_THAT(texts_of(column(table, "s")), ElementsAre("it's", "b, c", "b"));
    EXPECT_THAT(texts_of(column(table, "w")), ElementsAre("0.5", "-", "-1000"));
  }
}

TEST(Arff, SparseRowsHoldZeroAndTheFirstValueWhereSilent) {
  const Table table = read("{0 5, 1 'dark blue'}\n{ }\n{1 1,4 ?}\n");
  EXPECT_THAT(texts_of(column(table, "a b")), ElementsAre("5", "0", "0"));
  EXPECT_THAT(texts_of(column(table, "c")), ElementsAre("dark blue", "red", "1"));
  EXPECT_THAT(texts_of(column(table, "w")), ElementsAre("0", "0", "-"));
}

TEST(Arff, RowsThatDoNotFitAreNamed) {
  const std::string good = "1,red,?,x,2\n";
  EXPECT_THAT(error_in(good + "1,red,?,x\n"), AllOf(HasSubstr("t.arff"), HasSubstr("row 2 (line 11): 4 values")));
  EXPECT_THAT(error_in(good + "1,red,?,x,2,3\n"), HasSubstr("6 values instead of 5"));
  EXPECT_THAT(error_in(good + "1,green,?,x,2\n"), AllOf(HasSubstr("row 2"), HasSubstr("column \"c\": \"green\"")));
  EXPECT_THAT(error_in(good + "one,red,?,x,2\n"), HasSubstr("column \"a b\": \"one\" is not a number"));
  EXPECT_THAT(error_in(good + "1,red,soon,x,2\n"), HasSubstr("column \"d\": \"soon\" is not a date"));
  EXPECT_THAT(error_in(good + "1,'dark bl"), AllOf(HasSubstr("row 2 (line 11): column \"c\""), HasSubstr("truncated")));
  EXPECT_THAT(error_in(good + "1,'red'x,?,x,2\n"), HasSubstr("behind the closing quote"));
  EXPECT_THAT(error_in("{0 5, 9 1}\n"), HasSubstr("not an index between 1 and 4"));
  EXPECT_THAT(error_in("{1 red, 0 5}\n"), HasSubstr("not an index between 2 and 4"));
  EXPECT_THAT(error_in("{0 5, 1 red"), HasSubstr("truncated"));
  EXPECT_THAT(error_in("{0 5} 7\n"), HasSubstr("behind the sparse row"));
  EXPECT_THAT(error_in(""), HasSubstr("no rows"));
}

TEST(Arff, DamagedHeadersAreNamed) {
  const auto error = [](const std::string& text) { return error_of([&] { return read_text(text, {}, "t.arff"); }); };
  EXPECT_THAT(error("@relation x\n@attribute a numeric\n"), HasSubstr("no @data line"));
  EXPECT_THAT(error("@relation x\n@data\n1\n"), HasSubstr("line 2: @data before any @attribute"));
  EXPECT_THAT(error("@relation x\n@attribute a blob\n@data\n1\n"),
              HasSubstr("line 2: attribute \"a\" has type \"blob\""));
  EXPECT_THAT(error("@relation x\n@attribute a {x,y\n@data\nx\n"), HasSubstr("not closed with a brace"));
  EXPECT_THAT(error("@relation x\n@attribute a\n@data\nx\n"), HasSubstr("needs a name and a type"));
  EXPECT_THAT(error("@relation x\nattribute a numeric\n@data\nx\n"), HasSubstr("line 2: expected @relation"));
  EXPECT_THAT(error("@relation x\n@attribute a numeric\n@attribute a real\n@data\n1,2\n"), HasSubstr("both named"));
}

TEST(Arff, FixedKindsWin) {
  ReadOptions options;
  options.kinds = {{"a b", ColumnKind::categorical}, {"c", ColumnKind::categorical}};
  const Table table = read("1.50,1,?,x,2\n2,1,?,y,3\n", options);
  EXPECT_THAT(texts_of(column(table, "a b")), ElementsAre("1.50", "2"));
}

}  // namespace
}  // namespace tabjoule::arff_test
