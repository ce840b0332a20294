// Prints the columns of a table and the kind tabjoule gives each:  minimal TABLE
#include <cstdio>

#include "base/error.h"
#include "table/table.h"

int main(int argc, char** argv) try {
  const char* data = argc > 1 ? argv[1] : "";
  const auto on_notice = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); };
  for (const tabjoule::Column& column : tabjoule::read_table(data, {}, on_notice).columns)
    std::printf("%s: %s\n", column.name.c_str(), to_string(column.kind));
} catch (const tabjoule::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.kind());
}
