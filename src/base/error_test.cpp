#include "base/error.h"

#include <gtest/gtest.h>

namespace tabjoule::error_test {
namespace {

TEST(WithContext, PutsThePlaceInFrontAndKeepsTheKind) {
  try {
    with_context("file.csv", [] { with_context("row 7", [] { fail_input("no {}", "number"); }); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "file.csv: row 7: no number");
    EXPECT_EQ(error.kind(), ErrorKind::input);
  }
}

TEST(WithContext, HandsBackWhatTheBodyReturns) {
  int value = 3;
  EXPECT_EQ(with_context("x", [] { return 4; }), 4);
  with_context("x", [&]() -> int& { return value; }) = 5;
  EXPECT_EQ(value, 5);
}

TEST(WithContext, LeavesOtherExceptionsAlone) {
  EXPECT_THROW(with_context("x", [] { throw std::out_of_range("y"); }), std::out_of_range);
}

TEST(ErrorKind, IsTheExitCodeOfTheProgram) {
  const auto kind_of = [](auto fail) {
    try {
      fail();
    } catch (const Error& error) {
      return static_cast<int>(error.kind());
    }
    return 0;
  };
  EXPECT_EQ(kind_of([] { fail_usage("a"); }), 2);
  EXPECT_EQ(kind_of([] { fail_input("a"); }), 3);
  EXPECT_EQ(kind_of([] { fail_device("a"); }), 4);
  EXPECT_EQ(kind_of([] { fail_internal("a"); }), 5);
}

}  // namespace
}  // namespace tabjoule::error_test
