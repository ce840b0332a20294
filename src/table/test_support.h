// What the tests of this folder share: files for one test, notices as a list, errors as text.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "table/table.h"

namespace tabjoule::testing_table {

/// A new folder, removed with the object.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tabjoule-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const {
    write_file(path_ / name, bytes);
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

struct Notices {
  std::vector<std::string> texts;
  [[nodiscard]] NoticeSink sink() {
    return [this](const std::string& text) { texts.push_back(text); };
  }
};

/// Reads `bytes` as a file called `name`.
inline Table read_text(const std::string& bytes, const ReadOptions& options = {}, const std::string& name = "t.csv",
                       const NoticeSink& notice = {}) {
  const Folder folder;
  return read_table(folder.write(name, bytes), options, notice);
}

/// The message of the input error that `call` ends in; "" where there is none, which no expected text matches.
template <class Call>
std::string error_of(Call&& call) {
  try {
    (void)call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "more than one line: " << error.what();
    return error.what();
  }
  return "";
}

/// The text of a cell, "-" where it is missing.
inline std::string text_at(const Column& column, std::size_t row) {
  if (column.kind != ColumnKind::categorical)
    return std::isnan(column.numbers.at(row)) ? "-" : fmt::format("{}", column.numbers[row]);
  return column.codes.at(row) < 0 ? "-" : column.levels.at(static_cast<std::size_t>(column.codes[row]));
}

inline std::vector<std::string> texts_of(const Column& column) {
  std::vector<std::string> texts;
  const std::size_t rows = std::max(column.codes.size(), column.numbers.size());
  for (std::size_t row = 0; row < rows; ++row) texts.push_back(text_at(column, row));
  return texts;
}

inline const Column& column(const Table& table, const std::string& name) {
  const Column* found = table.find(name);
  if (!found) throw std::runtime_error("the test's table has no column " + name);
  return *found;
}

inline std::string shared_file(const std::string& name) {
  return (std::filesystem::path(TABJOULE_SHARED_DIR) / "data" / name).string();
}

}  // namespace tabjoule::testing_table

/// For tests on real tables, which are not part of the repository.
#define TABJOULE_SKIP_WITHOUT_SHARED_DATA()                                       \
  if (!std::filesystem::exists(::tabjoule::testing_table::shared_file("tables"))) \
  GTEST_SKIP() << "no real tables at " << ::tabjoule::testing_table::shared_file("")
