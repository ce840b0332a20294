// Dialects, headers and damaged rows of delimited text.
#include "table/csv.h"

#include "table/test_support.h"

namespace tabjoule::csv_test {
namespace {

using namespace testing_table;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_in(const std::string& bytes, const ReadOptions& options = {}) {
  return error_of([&] { return read_text(bytes, options); });
}

TEST(Csv, EverySeparatorAndLineEndGivesTheSameTable) {
  for (const std::string separator : {",", ";", "\t", "|", " ", ", ", "  "})
    for (const std::string end : {"\n", "\r\n", "\r"})
      for (const bool last_end : {true, false}) {
        std::string text = "a" + separator + "b" + separator + "c";
        for (const auto& [a, b, c] : {std::tuple{"1", "x", "2.5"}, {"3", "y", "4.5"}, {"5", "x", "6"}})
          text += end + a + separator + b + separator + c;
        const Table table = read_text(text + (last_end ? end : ""));
        SCOPED_TRACE(text);
        EXPECT_THAT(table.names(), ElementsAre("a", "b", "c"));
        EXPECT_THAT(texts_of(table.columns.at(0)), ElementsAre("1", "3", "5"));
        EXPECT_THAT(texts_of(table.columns.at(1)), ElementsAre("x", "y", "x"));
        EXPECT_THAT(texts_of(table.columns.at(2)), ElementsAre("2.5", "4.5", "6"));
      }
}

TEST(Csv, ByteOrderMarkBlankLinesAndSpacesAreNotData) {
  const Table table = read_text("\xEF\xBB\xBF\n a , b \n\n 1 ,x  \n\n2,\t y\n\n\n");
  EXPECT_THAT(table.names(), ElementsAre("a", "b"));
  EXPECT_THAT(texts_of(column(table, "b")), ElementsAre("x", "y"));
}

TEST(Csv, QuotedCellsKeepSeparatorsQuotesAndLineEnds) {
  const Table table = read_text("n,t\n1,\"a,b\"\n2,\"say \"\"hi\"\"\"\n3, \"two\nlines\" \n4,\"\"\n5,it's \"so\"\n");
  EXPECT_THAT(texts_of(column(table, "t")), ElementsAre("a,b", "say \"hi\"", "two\nlines", "-", "it's \"so\""));
}

TEST(Csv, SingleQuotesAndBackslashesAreFoundOut) {
  const Table single = read_text("n,t\n1,'a,b'\n2,'it''s'\n3,'c'\n");
  EXPECT_THAT(texts_of(column(single, "t")), ElementsAre("a,b", "it's", "c"));
  const Table backslash = read_text("n,t\n1,\"a\\\"b, c\"\n2,\"d\"\n3,\"e\"\n");
  EXPECT_THAT(texts_of(column(backslash, "t")), ElementsAre("a\"b, c", "d", "e"));
}

TEST(Csv, WrappedLinesAreUnwrapped) {
  Notices notices;
  const Table table = read_text("\"a;\"\"b\"\"\"\n\"1;\"\"x\"\"\"\n\"2;\"\"y\"\"\"\n", {}, "t.csv", notices.sink());
  EXPECT_THAT(table.names(), ElementsAre("a", "b"));
  EXPECT_THAT(texts_of(column(table, "b")), ElementsAre("x", "y"));
  EXPECT_THAT(notices.texts, Contains(HasSubstr("unwrapped")));
}

TEST(Csv, DecimalCommasAreNumbersWhereTheSeparatorIsAnother) {
  const Table table = read_text("a;b\n1,5;x\n2;y\n-3,25;x\n");
  EXPECT_EQ(column(table, "a").kind, ColumnKind::numeric);
  EXPECT_THAT(texts_of(column(table, "a")), ElementsAre("1.5", "2", "-3.25"));
}

TEST(Csv, HeaderIsFoundOrColumnsAreNumbered) {
  const auto names = [](const std::string& text) { return read_text(text).names(); };
  EXPECT_THAT(names("a,b\n1,x\n2,y\n"), ElementsAre("a", "b"));
  EXPECT_THAT(names("a,b\nx,u\ny,v\n"), ElementsAre("a", "b"));              // texts only, none comes again
  EXPECT_THAT(names("x,u\ny,v\nx,v\n"), ElementsAre("column0", "column1"));  // "x" comes again
  EXPECT_THAT(names("1,x\n2,y\n"), ElementsAre("column0", "column1"));       // a name is no number
  EXPECT_THAT(names(",b\n5,x\n7,y\n"), ElementsAre("column0", "b"));         // a row index without a name
  EXPECT_THAT(names("a,,c\n5,x,1\n7,y,3\n"), ElementsAre("a", "column1", "c"));
  EXPECT_THAT(names("0,1,2\n5,1,x\n7,3,y\n"), ElementsAre("0", "1", "2"));  // names that count up
  EXPECT_THAT(names("\"a \"\"quoted\"\" name, long\",b\n5,x\n7,y\n"), ElementsAre("a \"quoted\" name, long", "b"));
  EXPECT_THAT(names("my \"col\",a/b\n5,x\n7,y\n"), ElementsAre("my \"col\"", "a/b"));
}

TEST(Csv, NameTheUserMentionedMakesAHeader) {
  ReadOptions options;
  options.keep = {"x"};
  EXPECT_THAT(read_text("x,u\ny,v\nx,w\n", options).names(), ElementsAre("x", "u"));
}

TEST(Csv, LeadingCommentIsSkippedAloud) {
  Notices notices;
  const Table table = read_text("# made by hand\n|x\n1,x\n2,y\n", {}, "t.csv", notices.sink());
  EXPECT_EQ(table.rows, 2U);
  EXPECT_THAT(notices.texts, Contains(AllOf(HasSubstr("line 1 skipped"), HasSubstr("made by hand"))));
  EXPECT_THAT(notices.texts, Contains(HasSubstr("line 2 skipped")));
  EXPECT_THAT(read_text("#id,b\n5,x\n7,y\n").names(), ElementsAre("#id", "b"));  // it fits: no comment
}

TEST(Csv, RowOfAnotherWidthIsNamed) {
  EXPECT_THAT(error_in("a,b\n1,x\n2\n3,y\n"), AllOf(HasSubstr("t.csv"), HasSubstr("row 2 (line 3) has 1 field")));
  EXPECT_THAT(error_in("a,b\n1,x\n2,y,z\n3,y\n"), HasSubstr("row 2 (line 3) has 3 fields instead of 2"));
  EXPECT_THAT(error_in("a,b\n\n\"1\n1\",x\n2\n3,y\n4,y\n"), HasSubstr("row 2 (line 5)"));  // lines, not records
}

TEST(Csv, DamageFarBelowTheSampleIsNamed) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 60000; ++i) text += "1,2.5,x\n";
  EXPECT_THAT(error_in(text + "1,2\n1,2,x\n"), HasSubstr("row 60001 (line 60002) has 2 fields instead of 3"));
  EXPECT_THAT(error_in(text + "1,2,\"x\n1,2,x\n"), HasSubstr("line 60002, field 3"));
}

TEST(Csv, DamagedQuotesAreNamed) {
  EXPECT_THAT(error_in("a,b\n1,\"x\n2,y\n"), AllOf(HasSubstr("line 2, field 2"), HasSubstr("never closed")));
  EXPECT_THAT(error_in("a,b\n1,x\n2,\"y\"z\n3,z\n"), AllOf(HasSubstr("line 3, field 2"), HasSubstr("closing quote")));
}

TEST(Csv, NoRowIsEverLost) {
  // Whatever the first lines look like, a table is either read with all its rows or refused.
  for (const std::string first : {"x", "x,y", "1,2,3", "\"\"", "#", "title of this table", ",", "1;2"}) {
    const std::string text = first + "\na,b\n1,2\n3,4\n5,6\n";
    try {
      const Table table = read_text(text);
      EXPECT_GE(table.rows, 3U) << first;
      EXPECT_EQ(table.columns.size(), 2U) << first;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("line")) << first;
    }
  }
}

TEST(Csv, DuplicateNamesAreRefused) {
  EXPECT_THAT(error_in("a,b,a\n1,2,3\n4,5,6\n"), HasSubstr("columns 1 and 3 are both named \"a\""));
}

TEST(Csv, FilesWithoutATable) {
  EXPECT_THAT(error_in(""), HasSubstr("empty"));
  EXPECT_THAT(error_in("\n\n"), HasSubstr("no rows"));
  EXPECT_THAT(error_in("a,b\n"), HasSubstr("no rows"));
  EXPECT_THAT(error_in(std::string("a,b\n1,\0\n", 8)), HasSubstr("binary"));
  EXPECT_THAT(error_in("\x01\x02\x03\x04\x05"), HasSubstr("binary"));
  EXPECT_THAT(error_in("\xFF\xFE"
                       "a\n"),
              HasSubstr("UTF-16"));
}

TEST(Csv, OneRowOneColumnAndOneOfBoth) {
  EXPECT_EQ(read_text("a,b\n1,x\n").rows, 1U);
  const Table narrow = read_text("a\n1\n\n3\n\n \n");
  EXPECT_THAT(texts_of(column(narrow, "a")), ElementsAre("1", "-", "3"));  // a blank line is a missing cell here
  EXPECT_EQ(read_text("a\n1\n").columns.size(), 1U);
}

TEST(Csv, Latin1IsTurnedIntoUtf8Aloud) {
  Notices notices;
  const Table table = read_text("n,t\n1,caf\xE9\n2,x\n", {}, "t.csv", notices.sink());
  EXPECT_THAT(texts_of(column(table, "t")), ElementsAre("caf\xC3\xA9", "x"));
  EXPECT_THAT(notices.texts, Contains(HasSubstr("Latin-1")));
}

}  // namespace
}  // namespace tabjoule::csv_test
