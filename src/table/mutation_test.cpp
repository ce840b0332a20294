// Damaged input of every kind: read_table returns a table or throws our Error, and never anything else.
#include "base/random.h"
#include "table/arff.h"
#include "table/csv.h"
#include "table/file_bytes.h"
#include "table/test_support.h"

namespace tabjoule::mutation_test {
namespace {

using namespace testing_table;

std::string mutated(std::string text, Rng& random) {
  static const std::string pieces = "\"'\\,;\t |\n\r{}%@?#-.0aeE\xEF\xBB\xBF\xFF\x01";
  for (std::uint64_t edits = 1 + random.below(6); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = random.below(text.size());
    switch (random.below(5)) {
      case 0:
        text.erase(at, 1 + random.below(8));
        break;
      case 1:
        text.insert(at, 1, pieces[random.below(pieces.size())]);
        break;
      case 2:
        text[at] = pieces[random.below(pieces.size())];
        break;
      case 3:
        text.insert(at, text.substr(random.below(text.size()), random.below(30)));
        break;
      default:
        if (random.below(4) == 0) text.resize(at);
    }
  }
  return text;
}

void require_consistent(const Table& table) {
  ASSERT_GT(table.rows, 0U);
  ASSERT_FALSE(table.columns.empty());
  for (const auto& column : table.columns) {
    const bool categorical = column.kind == ColumnKind::categorical;
    ASSERT_EQ(column.codes.size(), categorical ? table.rows : 0U);
    ASSERT_EQ(column.numbers.size(), categorical ? 0U : table.rows);
    ASSERT_TRUE(std::is_sorted(column.levels.begin(), column.levels.end()));
    for (const auto code : column.codes) ASSERT_TRUE(code >= -1 && code < static_cast<int>(column.levels.size()));
    for (const double number : column.numbers) ASSERT_FALSE(std::isinf(number));
  }
}

Table read_bytes(std::string bytes, const std::string& name) {
  const NoticeSink quiet = [](const std::string&) {};
  make_utf8_text(bytes, quiet);
  return name == "t.arff" ? read_arff(bytes, name, {}, quiet) : read_csv(std::move(bytes), name, {}, quiet);
}

void mutate(const std::vector<std::string>& seeds, const std::string& name, int count) {
  const Folder folder;
  Rng random(7);
  int read = 0, refused = 0;
  for (int i = 0; i < count; ++i) {
    const std::string text = mutated(seeds[random.below(seeds.size())], random);
    try {
      // Through a file now and then: files are slow.
      require_consistent(i % 40 == 0 ? read_table(folder.write(name, text), {}, {}) : read_bytes(text, name));
      ++read;
    } catch (const Error& error) {
      ++refused;
      ASSERT_NE(error.kind(), ErrorKind::internal) << error.what() << "\n" << text;
      ASSERT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    } catch (const std::exception& error) {
      FAIL() << error.what() << "\n" << text;
    }
  }
  EXPECT_GT(read, count / 20);
  EXPECT_GT(refused, count / 20);
}

TEST(Mutations, Csv) {
  mutate({"a,b,c\n1,x,2024-01-01\n2,\"y, z\",2024-01-02\n3,\"say \"\"hi\"\"\",2024-02-03\n",
          "\"a;\"\"b\"\"\"\n\"1;\"\"x\"\"\"\n\"2;\"\"y\"\"\"\n", "|comment\n1, x, true\n2, y, false\n3, x, true\n",
          "a b  c\n1 2  3\n4 5 6\n", "n;d\n1,5;01/02/2024\n2,5;13/02/2024\n"},
         "t.csv", 20000);
}

TEST(Mutations, Arff) {
  mutate(
      {"% c\n@relation r\n@attribute a numeric\n@attribute 'b c' {x,'y z'}\n@attribute d date\n@data\n"
       "1,x,2024-01-01\n2,'y z',?\n?,x,2024-01-03\n",
       "@relation r\n@attribute a real\n@attribute b {x,y}\n@attribute s string\n@data\n{0 1}\n{1 y, 2 'q r'}\n{}\n"},
      "t.arff", 20000);
}

}  // namespace
}  // namespace tabjoule::mutation_test
