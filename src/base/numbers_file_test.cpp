#include "base/numbers_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "base/matrix.h"

namespace tabjoule::numbers_file_test {
namespace {

std::filesystem::path scratch_file() {
  return std::filesystem::path(testing::TempDir()) / ("numbers-" + std::to_string(::getpid()) + ".bin");
}

TEST(NumbersFile, GivesBackWhatWasWritten) {
  const Matrix matrix = Matrix::Random(3, 5);
  const std::vector<std::int32_t> codes{7, -1};
  write_numbers(scratch_file(), {{"format", "f"}, {"version", 2}, {"rows", 3}},
                std::string(bytes_of(matrix)) + std::string(bytes_of(codes)));
  NumbersFile file(read_file(scratch_file()), "f", 2);
  EXPECT_EQ(file.header().at("rows"), 3);
  Matrix back(3, 5);
  std::vector<std::int32_t> codes_back(2);
  file.read(back);
  EXPECT_THROW(file.require_end(), Error);
  file.read(codes_back);
  EXPECT_EQ(back, matrix);
  EXPECT_EQ(codes_back, codes);
  EXPECT_NO_THROW(file.require_end());
  EXPECT_THROW(file.read(codes_back), Error);
  std::filesystem::remove(scratch_file());
}

TEST(NumbersFile, RefusesWhatIsDamagedOrOfAnotherKind) {
  write_numbers(scratch_file(), {{"format", "f"}, {"version", 2}}, "0123");
  const std::string bytes = read_file(scratch_file());
  EXPECT_NO_THROW(NumbersFile(bytes, "f", 2));
  EXPECT_THROW(NumbersFile(bytes, "g", 2), Error);
  EXPECT_THROW(NumbersFile(bytes, "f", 3), Error);
  for (const std::string& damaged : {std::string(), std::string("no JSON"), bytes.substr(0, bytes.size() - 1),
                                     bytes + "4", bytes.substr(0, bytes.find('\n')), std::string("[1]\n0123")})
    EXPECT_THROW(NumbersFile(damaged, "f", 2), Error) << damaged;
  std::filesystem::remove(scratch_file());
}

}  // namespace
}  // namespace tabjoule::numbers_file_test
