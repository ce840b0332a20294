#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>

#include "base/error.h"

namespace tabjoule::json_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class JsonFile : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() / (std::string("tabjoule_json_") + test->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// The Error that `body` throws, as "KIND MESSAGE".
  template <class Body>
  static std::string error_of(Body&& body) {
    try {
      body();
    } catch (const Error& error) {
      return std::to_string(static_cast<int>(error.kind())) + " " + error.what();
    }
    return "no error";
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  std::filesystem::path folder_;
};

TEST_F(JsonFile, ComesBackAsItWasWrittenWithTheOrderOfItsKeys) {
  const Json json{{"zebra", 1}, {"apple", {1.5, "x", nullptr, true}}, {"mango", {{"tiny", 1e-300}}}};
  write_json(folder_ / "a.json", json);
  EXPECT_EQ(read_json(folder_ / "a.json").dump(), json.dump());
  EXPECT_EQ(files(), 1U);  // no partial file stays
}

TEST_F(JsonFile, RefusesANumberThatIsNotFiniteAndNamesItsPlace) {
  const Json json{{"points", {{{"energy_j", 1.0}}, {{"energy_j", std::numeric_limits<double>::quiet_NaN()}}}}};
  EXPECT_THAT(error_of([&] { write_json(folder_ / "a.json", json); }),
              AllOf(HasSubstr("5 "), HasSubstr("/points/1/energy_j")));
  EXPECT_THAT(error_of([] { (void)to_text(Json(std::numeric_limits<double>::infinity())); }), HasSubstr("at / is"));
  EXPECT_EQ(files(), 0U);
}

TEST_F(JsonFile, KeepsTheOldFileWhenTheDiskIsFull) {
  const auto path = folder_ / "a.json";
  write_json(path, Json{{"old", true}});
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};  // stands in for a full disk
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string error = error_of([&] { write_file(path, std::string(1 << 20, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(error, AllOf(HasSubstr("5 " + path.string() + ": cannot be written"), HasSubstr("File too large")));
  EXPECT_EQ(read_json(path).at("old"), true);
  EXPECT_EQ(files(), 1U);
}

TEST_F(JsonFile, KeepsTheOldFileWhenItsFolderCannotBeWrittenTo) {
  const auto path = folder_ / "a.json";
  write_json(path, Json{{"old", true}});
  std::filesystem::create_directories(folder_ / "a.json.partial" / "x");  // root may write to any folder
  EXPECT_THAT(error_of([&] {
                write_json(path, Json{{"old", false}});
              }),
              HasSubstr("cannot be written: Is a directory"));
  EXPECT_EQ(read_json(path).at("old"), true);
  EXPECT_THAT(error_of([&] { write_json(path / "b.json", Json{}); }), HasSubstr("Not a directory"));
  EXPECT_THAT(error_of([&] { write_json(folder_ / "none" / "b.json", Json{}); }), HasSubstr("No such file"));
}

TEST_F(JsonFile, WritesIntoADeviceRatherThanReplacingIt) {
  EXPECT_THAT(error_of([] { write_file("/dev/full", "x"); }),
              AllOf(HasSubstr("/dev/full"), HasSubstr("No space left")));
  write_file("/dev/null", "x");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(JsonFile, ReplacesWhatALinkPointsTo) {
  write_file(folder_ / "real", "old");
  std::filesystem::create_symlink(folder_ / "real", folder_ / "link");
  write_file(folder_ / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "real"), "new");
}

TEST_F(JsonFile, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(error_of([&] { (void)read_json(folder_ / "none.json"); }),
              AllOf(HasSubstr("3 "), HasSubstr("none.json"), HasSubstr("No such file")));
  EXPECT_THAT(error_of([&] { (void)read_json(folder_); }), HasSubstr("is a folder"));
  std::ofstream(folder_ / "bad.json") << "{\"a\": 1, }";
  EXPECT_THAT(error_of([&] { (void)read_json(folder_ / "bad.json"); }),
              HasSubstr("bad.json: not valid JSON at byte 10"));
  std::ofstream(folder_ / "empty.json") << "";
  EXPECT_THAT(error_of([&] { (void)read_json(folder_ / "empty.json"); }), HasSubstr("not valid JSON"));
  std::ofstream(folder_ / "large.json") << "{\"a\": 1e999}";
  EXPECT_THAT(error_of([&] { (void)read_json(folder_ / "large.json"); }), HasSubstr("3 "));
}

TEST_F(JsonFile, KeepsBytesThatAreNotText) {
  const std::string bytes{"\0\xFF\r\n\x1A", 5};
  write_file(folder_ / "b", bytes);
  EXPECT_EQ(read_file(folder_ / "b"), bytes);
}

TEST_F(JsonFile, FormatAndVersionMustBeTheExpectedOnes) {
  EXPECT_EQ(error_of([] { require_format(Json{{"format", "f"}, {"version", 2}}, "f", 2); }), "no error");
  EXPECT_THAT(error_of([] {
                require_format(Json{{"format", "g"}, {"version", 2}}, "f", 2);
              }),
              AllOf(HasSubstr("3 "), HasSubstr("expected a \"f\" file"), HasSubstr("\"g\"")));
  EXPECT_THAT(error_of([] { require_format(Json{{"format", "f"}, {"version", 3}}, "f", 2); }), HasSubstr("version 3"));
  for (const char* text : {"[]", "7", "{}", R"({"format": 1})", R"({"format": "f"})",
                           R"({"format": "f", "version": "2"})", R"({"format": "f", "version": 2.5})"})
    EXPECT_THAT(error_of([&] { require_format(Json::parse(text), "f", 2); }), HasSubstr("3 ")) << text;
}

}  // namespace
}  // namespace tabjoule::json_test
