#include "table/parquet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tabjoule::parquet_test {
namespace {

const std::vector<ParquetColumn> kColumns{
    {"name", "VARCHAR"}, {"rows", "BIGINT"}, {"score", "DOUBLE"}, {"good", "BOOLEAN"}};

TEST(Parquet, GivesBackWhatWasWritten) {
  const auto path = std::filesystem::path(testing::TempDir()) / "tabjoule-parquet-test.parquet";
  const Json rows = Json::array({{{"name", "it's \"a\""}, {"rows", 1234567890123}, {"score", 0.1}, {"good", true}},
                                 {{"name", "b"}, {"rows", -1}, {"score", nullptr}, {"good", false}}});
  write_parquet(path, kColumns, rows);
  EXPECT_EQ(to_text(read_parquet(path, kColumns)), to_text(rows));
  EXPECT_EQ(to_text(read_parquet(path, {{"name", "VARCHAR"}, {"new", "DOUBLE"}})),
            R"([{"name":"it's \"a\"","new":null},{"name":"b","new":null}])");
  std::filesystem::remove(path);
}

TEST(Parquet, SaysWhatIsWrong) {
  EXPECT_THROW((void)read_parquet("/nowhere/x.parquet", kColumns), Error);
  const auto path = std::filesystem::path(testing::TempDir()) / "tabjoule-parquet-test.bad";
  write_file(path, "no parquet");
  EXPECT_THROW((void)read_parquet(path, kColumns), Error);
  std::filesystem::remove(path);
  EXPECT_THROW(write_parquet("/nowhere/x.parquet", kColumns, Json::array()), Error);
}

}  // namespace
}  // namespace tabjoule::parquet_test
