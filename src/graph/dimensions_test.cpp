#include "graph/dimensions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tabjoule::dimensions_test {
namespace {

Graph open_graph() {
  Graph graph;
  graph.inputs = {{"x", ElementType::float32, {-1, -1, 8}, {"batch", "tokens", ""}}};
  graph.outputs = {{"y", ElementType::float32, {-1, -1}, {"batch", "tokens"}}};
  return graph;
}

TEST(Dimensions, ANamedDimensionIsSetWhereverItStands) {
  const Graph graph = with_dimensions(open_graph(), {{"tokens", 128}});
  EXPECT_EQ(graph.inputs[0].dims, (std::vector<std::int64_t>{-1, 128, 8}));
  EXPECT_EQ(graph.outputs[0].dims, (std::vector<std::int64_t>{-1, 128}));
}

TEST(Dimensions, ANameThatIsNotThereIsRefused) {
  try {
    static_cast<void>(with_dimensions(open_graph(), {{"token", 128}}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("open are: batch, tokens"));
  }
  EXPECT_THROW(static_cast<void>(with_dimensions(open_graph(), {{"tokens", 0}})), Error);
}

}  // namespace
}  // namespace tabjoule::dimensions_test
