// SQL queries, Parquet and JSON, all through DuckDB.
#include "table/duckdb_table.h"

#include <zlib.h>

#include "table/duckdb_session.h"
#include "table/test_support.h"

namespace tabjoule::duckdb_table_test {
namespace {

using namespace testing_table;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void execute(const std::string& sql) {
  const DuckDbSession session(1);
  const DuckDbStatement statement(session, sql);
  DuckDbRows rows(statement);
  while (rows.next()) {
  }
}

ReadOptions keeping(const std::vector<std::string>& names) {
  ReadOptions options;
  options.keep = names;
  return options;
}

Table only_column(const std::string& values) {
  return read_table("SELECT * FROM (VALUES " + values + ") AS t(c)", keeping({"c"}), {});
}

TEST(DuckDb, SqlTypesBecomeKinds) {
  const auto check = [](const std::string& values, ColumnKind kind, const std::vector<std::string>& texts) {
    const Table table = only_column(values);
    EXPECT_EQ(table.columns[0].kind, kind) << values;
    EXPECT_EQ(texts_of(table.columns[0]), texts) << values;
  };
  check("(1::TINYINT), (NULL), (-5)", ColumnKind::numeric, {"1", "-", "-5"});
  check("(1.25::DECIMAL(9,2)), (2)", ColumnKind::numeric, {"1.25", "2"});
  check("(170141183460469231731687303715884105727::HUGEINT), (2)", ColumnKind::numeric,
        {"1.7014118346046923e+38", "2"});
  check("(0.5::FLOAT), ('inf'::FLOAT), ('nan'::FLOAT)", ColumnKind::numeric, {"0.5", "-", "-"});
  check("(true), (false), (NULL)", ColumnKind::boolean, {"1", "0", "-"});
  check("(DATE '1970-01-02'), (NULL), ('infinity'::DATE)", ColumnKind::datetime, {"86400", "-", "-"});
  check("(TIMESTAMP '1970-01-01 00:00:01.5'), (NULL)", ColumnKind::datetime, {"1.5", "-"});
  check("(TIMESTAMPTZ '1970-01-01 01:00:00+01'), (NULL)", ColumnKind::datetime, {"0", "-"});
  check("(TIMESTAMP_NS '1970-01-01 00:00:02'), (NULL)", ColumnKind::datetime, {"2", "-"});
  check("(TIME '01:00:00'), (NULL)", ColumnKind::numeric, {"3600", "-"});
  check("('x'), (' y '), ('?'), (NULL)", ColumnKind::categorical, {"x", "y", "-", "-"});
  check("('1'), ('2.5'), ('')", ColumnKind::numeric, {"1", "2.5", "-"});
  check("('01'), ('2')", ColumnKind::categorical, {"01", "2"});
  check("('2024-01-01'), ('2024-01-02')", ColumnKind::datetime, {"1704067200", "1704153600"});
  check("('1'::ENUM('1', '2')), ('2'::ENUM('1', '2'))", ColumnKind::categorical, {"1", "2"});
}

TEST(DuckDb, FixedKindsAreCast) {
  ReadOptions options = keeping({"c"});
  options.kinds["c"] = ColumnKind::categorical;
  EXPECT_THAT(texts_of(read_table("SELECT * FROM (VALUES (10), (9)) t(c)", options, {}).columns[0]),
              ElementsAre("10", "9"));
  options.kinds["c"] = ColumnKind::numeric;
  EXPECT_THAT(error_of([&] { return read_table("SELECT * FROM (VALUES ('10'), ('x')) t(c)", options, {}); }),
              HasSubstr("row 2, column \"c\": \"x\" is not a number"));
  options.kinds["c"] = ColumnKind::boolean;
  EXPECT_THAT(error_of([&] { return read_table("SELECT * FROM (VALUES (1), (2)) t(c)", options, {}); }),
              HasSubstr("row 2, column \"c\": 2 is not a boolean"));
}

TEST(DuckDb, EveryKindOfQueryRuns) {
  const Folder folder;
  const std::string file = folder.write("it's.csv", "k,n,v\n1,x,5\n2,y,6\n");
  const std::string from = "FROM " + sql_literal(file);
  for (const std::string& query :
       {"SELECT * " + from, from + " SELECT k, n ", "WITH t AS (" + from + ") SELECT * FROM t",
        "(SELECT * " + from + ")", "select * " + from + " order by k desc ;\n ",
        "PIVOT (" + from + ") ON n USING sum(v) GROUP BY k", "  from" + from.substr(4)}) {
    const Table table = read_table(query, {}, {});
    EXPECT_EQ(table.rows, 2U) << query;
    EXPECT_EQ(table.source, query);
  }
  EXPECT_THAT(texts_of(column(read_table("SELECT k " + from + " ORDER BY k DESC", {}, {}), "k")),
              ElementsAre("2", "1"));
}

TEST(DuckDb, LargeResultsKeepTheirOrderUnderThreads) {
  ReadOptions options = keeping({"i"});
  options.threads = 2;
  const Table table = read_table("SELECT range AS i, 'l' || (range % 7) AS t FROM range(300000)", options, {});
  ASSERT_EQ(table.rows, 300000U);
  for (std::size_t row = 0; row < table.rows; ++row) {
    ASSERT_EQ(table.columns[0].numbers[row], static_cast<double>(row));
    ASSERT_EQ(table.columns[1].codes[row], static_cast<std::int32_t>(row % 7));
  }
}

TEST(DuckDb, ErrorsAreOneLine) {
  const auto error = [](const std::string& query) { return error_of([&] { return read_table(query, {}, {}); }); };
  EXPECT_THAT(error("SELECT agee FROM (SELECT 1 AS age)"), HasSubstr("\"agee\" not found"));
  EXPECT_THAT(error("SELECT * FORM x"), HasSubstr("syntax error"));
  EXPECT_THAT(error("SELECT * FROM '/no/such.parquet'"), HasSubstr("/no/such.parquet"));
  EXPECT_THAT(error("SELECT 1 AS a, 2 AS a"), HasSubstr("both named \"a\""));
  EXPECT_THAT(error("SELECT [1, 2] AS list, 1 AS b"), HasSubstr("column \"list\" is nested"));
  EXPECT_THAT(error("SELECT 1 AS a, 2 AS b WHERE false"), HasSubstr("no rows"));
  EXPECT_THAT(error("SELECT 1; SELECT 2"), ::testing::Not(""));
  EXPECT_THAT(error("SELECT CAST(x AS INT) AS y FROM (VALUES ('1'), ('q')) t(x)"), HasSubstr("Could not convert"));
  EXPECT_THAT(error("FROM 'x'; DROP TABLE y"), ::testing::Not(""));
}

TEST(DuckDb, ParquetAndJsonAreRead) {
  const Folder folder;
  const std::string rows =
      "(SELECT range + 0.5 AS \"a b\", 'l' || (range % 3) AS t, DATE '2024-01-01' AS d FROM range(20))";
  for (const char* name : {"t.parquet", "t.json", "t.jsonl"}) {
    const std::string format = std::string(name) == "t.parquet" ? "parquet" : "json";
    execute("COPY " + rows + " TO " + sql_literal(folder.file(name)) + " (FORMAT " + format + ")");
    const Table table = read_table(folder.file(name), keeping({"d"}), {});
    EXPECT_THAT(table.names(), ElementsAre("a b", "t", "d")) << name;
    EXPECT_EQ(table.rows, 20U);
    EXPECT_EQ(text_at(table.columns[0], 3), "3.5");
    EXPECT_EQ(table.columns[1].levels.size(), 3U);
    EXPECT_EQ(table.columns[2].kind, ColumnKind::datetime);
  }
}

TEST(DuckDb, InflatesWhatIsGzip) {
  const Folder folder;
  execute("COPY (SELECT range AS a, range % 2 = 0 AS b FROM range(5)) TO " + sql_literal(folder.file("t.parquet")));
  const std::string json = "[{\"a\": 1, \"b\": true}, {\"a\": 3, \"b\": false}]";
  for (const auto& [name, bytes] :
       {std::pair{"t.parquet.gz", read_file(folder.file("t.parquet"))}, {"t.json.gz", json}}) {
    gzFile out = gzopen(folder.file(name).c_str(), "wb");
    gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(out);
    const Table table = read_table(folder.file(name), {}, {});
    EXPECT_THAT(table.names(), ElementsAre("a", "b")) << name;
    EXPECT_EQ(column(table, "b").kind, ColumnKind::boolean);
  }
}

TEST(DuckDb, DamagedFilesAreNamed) {
  const Folder folder;
  const auto error = [&](const std::string& name, const std::string& bytes) {
    return error_of([&] { return read_table(folder.write(name, bytes), {}, {}); });
  };
  EXPECT_THAT(error("t.parquet", "PAR1 nonsense"), HasSubstr("t.parquet"));
  EXPECT_THAT(error("t.json", "{\"a\": 1, "), HasSubstr("t.json"));
  EXPECT_THAT(error("t2.json", "{\"a\": {\"b\": 1}}"),
              AllOf(HasSubstr("t2.json"), HasSubstr("column \"a\" is nested")));
}

TEST(DuckDb, FileWinsOverAQueryOfTheSameText) {
  const Folder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(
      std::filesystem::path(folder.write("with spaces.csv", "a,b\n1,x\n2,y\n")).parent_path());
  EXPECT_EQ(read_table("with spaces.csv", {}, {}).rows, 2U);
  EXPECT_EQ(read_table("SELECT * FROM 'with spaces.csv'", {}, {}).rows, 2U);  // relative to the working folder
  std::filesystem::current_path(before);
}

TEST(DuckDb, OurCsvReaderAndDuckDbAgree) {
  TABJOULE_SKIP_WITHOUT_SHARED_DATA();
  for (const char* name : {"tables/adult.csv.gz", "tables/wine-quality.csv", "tables/churn.csv", "tables/sick.csv",
                           "tables/diamonds.csv.gz", "raw/bank-additional.semicolon-quoted.csv",
                           "raw/california-geron.crlf-missing.csv", "tables/splice.csv"}) {
    const std::string file = shared_file(name);
    const Table ours = read_table(file, {}, {});
    const Table theirs =
        read_table("SELECT * FROM read_csv(" + sql_literal(file) + ", all_varchar = true, header = true)", {}, {});
    ASSERT_EQ(ours.names(), theirs.names()) << name;
    for (std::size_t c = 0; c < ours.columns.size(); ++c) {
      EXPECT_EQ(ours.columns[c].kind, theirs.columns[c].kind) << name << " " << ours.columns[c].name;
      EXPECT_EQ(ours.columns[c].levels, theirs.columns[c].levels) << name << " " << ours.columns[c].name;
      EXPECT_EQ(texts_of(ours.columns[c]), texts_of(theirs.columns[c])) << name << " " << ours.columns[c].name;
    }
  }
}

}  // namespace
}  // namespace tabjoule::duckdb_table_test
