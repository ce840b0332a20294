#include "graph/onnx/onnx_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "graph/examples/networks.h"
#include "graph/network_graph.h"

namespace tabjoule::onnx_file_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string mlp_bytes() {
  const Network network = example::mlp(6, {5, 4}, 3);
  ParameterStore store;
  store.add(network, Rng(3));
  return to_onnx(to_graph(network, &store));
}

std::string message_of(const std::string& bytes) {
  try {
    static_cast<void>(from_onnx(bytes, "file.onnx"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    return error.what();
  }
  return "no error";
}

onnx::ModelProto parsed(const std::string& bytes) {
  onnx::ModelProto model;
  model.ParseFromString(bytes);
  return model;
}

/// One node that takes an attribute of every kind, and constants of every element type.
Graph everything() {
  Graph graph;
  graph.name = "all";
  graph.opsets = {{"", 17}, {"my.domain", 1}};
  graph.inputs = {{"x", ElementType::float32, {-1, 2}, {"batch", ""}}};
  graph.outputs = {{"y", ElementType::float32, {-1, 2}, {"batch", ""}}};
  graph.values = {{"inner", ElementType::float64, {3}, {""}}};
  graph.metadata = {{"task", "binary"}};
  graph.constants = {{"f", ElementType::float32, {2}, {1.5F, -INFINITY}, {}, {}, {}},
                     {"h", ElementType::float16, {2}, {0.5F, 3.0F}, {}, {}, {}},
                     {"bf", ElementType::bfloat16, {2}, {-2.5F, 0x1p100F}, {}, {}, {}},
                     {"d", ElementType::float64, {2, 1}, {}, {1e300, -0.0}, {}, {}},
                     {"i", ElementType::int32, {2}, {}, {}, {-7, 7}, {}},
                     {"l", ElementType::int64, {}, {}, {}, {std::int64_t{1} << 60}, {}},
                     {"u32", ElementType::uint32, {2}, {}, {}, {0, 0xFFFFFFFF}, {}},
                     {"i16", ElementType::int16, {2}, {}, {}, {-32768, 32767}, {}},
                     {"u16", ElementType::uint16, {1}, {}, {}, {65535}, {}},
                     {"i8", ElementType::int8, {2}, {}, {}, {-128, 127}, {}},
                     {"u8", ElementType::uint8, {1}, {}, {}, {255}, {}},
                     {"b", ElementType::boolean, {3}, {}, {}, {1, 0, 1}, {}},
                     {"s", ElementType::string, {2}, {}, {}, {}, {"", "a b"}},
                     {"empty", ElementType::float32, {0, 4}, {}, {}, {}, {}}};
  Node node{"n", "Mystery", "my.domain", {"x", "", "f"}, {"y"}, {}};
  node.attributes = {{"i", std::int64_t{-3}},
                     {"f", 0.25F},
                     {"s", std::string("text")},
                     {"is", std::vector<std::int64_t>{1, 2}},
                     {"fs", std::vector<float>{0.5F}},
                     {"ss", std::vector<std::string>{"a", ""}},
                     {"t", Tensor{"t", ElementType::int64, {1}, {}, {}, {9}, {}}}};
  graph.nodes = {node};
  return graph;
}

void expect_same(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.dims, b.dims);
  EXPECT_EQ(a.floats, b.floats);
  EXPECT_EQ(a.doubles, b.doubles);
  EXPECT_EQ(a.integers, b.integers);
  EXPECT_EQ(a.strings, b.strings);
}

TEST(OnnxFile, RoundTripKeepsEverything) {
  const Graph before = everything();
  const Graph after = from_onnx(to_onnx(before), "test");
  EXPECT_EQ(after.opsets, before.opsets);
  EXPECT_EQ(after.metadata, before.metadata);
  EXPECT_EQ(after.inputs[0].dims, before.inputs[0].dims);
  EXPECT_EQ(after.inputs[0].dim_names, before.inputs[0].dim_names);
  EXPECT_EQ(after.values[0].type, ElementType::float64);
  ASSERT_EQ(after.constants.size(), before.constants.size());
  for (std::size_t i = 0; i < before.constants.size(); ++i) expect_same(after.constants[i], before.constants[i]);
  const Node& node = after.nodes.at(0);
  EXPECT_EQ(node.inputs, before.nodes[0].inputs);
  EXPECT_EQ(node.domain, "my.domain");
  EXPECT_EQ(node.integer("i", 0), -3);
  EXPECT_EQ(node.real("f", 0), 0.25F);
  EXPECT_EQ(node.text("s", ""), "text");
  EXPECT_EQ(node.integer("absent", 5), 5);
  EXPECT_EQ(std::get<std::vector<std::string>>(node.attributes.at("ss")), (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(std::get<Tensor>(node.attributes.at("t")).integers.at(0), 9);
}

TEST(OnnxFile, WritingTwiceGivesTheSameBytes) {
  const std::string bytes = mlp_bytes();
  EXPECT_EQ(to_onnx(from_onnx(bytes, "test")), bytes);
}

TEST(OnnxFile, FilesAreWrittenAndReadByPath) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "tabjoule_onnx_file_test.onnx";
  write_onnx(path, from_onnx(mlp_bytes(), "test"));
  EXPECT_EQ(read_onnx(path).nodes.size(), 5U);
  std::filesystem::remove(path);
  EXPECT_THROW(static_cast<void>(read_onnx(path)), Error);
}

TEST(OnnxFile, TheCheckerRefusesAGraphThatIsNotOnnx) {
  Graph graph = from_onnx(mlp_bytes(), "test");
  graph.nodes[0].inputs[0] = "nobody";
  try {
    static_cast<void>(to_onnx(graph));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::internal);
    EXPECT_THAT(error.what(), HasSubstr("nobody"));
    EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
  }
}

TEST(OnnxFile, TypedDataIsReadLikeRawData) {
  onnx::ModelProto model = parsed(mlp_bytes());
  auto& tensor = *model.mutable_graph()->mutable_initializer(0);
  const Tensor before = from_onnx(model.SerializeAsString(), "test").constants[0];
  tensor.clear_raw_data();
  for (const float value : before.floats) tensor.add_float_data(value);
  expect_same(from_onnx(model.SerializeAsString(), "test").constants[0], before);
}

TEST(OnnxFile, TypedHalvesAndBytesAreRead) {
  onnx::ModelProto model = parsed(mlp_bytes());
  const auto add = [&](const char* name, int type, std::int32_t value) {
    auto& tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    tensor.add_int32_data(value);
    tensor.add_dims(1);
  };
  add("half", onnx::TensorProto::FLOAT16, 0xC100);
  add("brain", onnx::TensorProto::BFLOAT16, 0xC020);
  add("byte", onnx::TensorProto::INT8, -3);
  const Graph graph = from_onnx(model.SerializeAsString(), "test");
  EXPECT_EQ(graph.constant("half")->floats, std::vector<float>{-2.5F});
  EXPECT_EQ(graph.constant("brain")->floats, std::vector<float>{-2.5F});
  EXPECT_EQ(graph.constant("byte")->integers, std::vector<std::int64_t>{-3});
}

TEST(OnnxFile, OpsetsNewerThanTheCheckersAreWritten) {
  Graph graph;
  graph.opsets = {{"", 21}};
  graph.inputs = {{"x", ElementType::float32, {-1, 4}, {"batch", ""}}};
  graph.outputs = {{"y", ElementType::float32, {-1, 1}, {"batch", ""}}};
  graph.constants = {{"axes", ElementType::int64, {1}, {}, {}, {1}, {}}};
  graph.nodes = {{"gelu", "Gelu", "", {"x"}, {"g"}, {}}, {"mean", "ReduceMean", "", {"g", "axes"}, {"y"}, {}}};
  EXPECT_EQ(from_onnx(to_onnx(graph), "test").nodes.size(), 2U);
  graph.opsets[""] = 17;  // neither operator is this opset's
  EXPECT_THROW(static_cast<void>(to_onnx(graph)), Error);
}

TEST(OnnxFile, ConstantNodesBecomeConstants) {
  onnx::ModelProto model = parsed(mlp_bytes());
  auto& node = *model.mutable_graph()->add_node();
  node.set_op_type("Constant");
  node.add_output("c");
  auto& attribute = *node.add_attribute();
  attribute.set_name("value");
  attribute.set_type(onnx::AttributeProto::TENSOR);
  attribute.mutable_t()->set_data_type(7);
  attribute.mutable_t()->add_int64_data(4);
  const Graph graph = from_onnx(model.SerializeAsString(), "test");
  ASSERT_NE(graph.constant("c"), nullptr);
  EXPECT_EQ(graph.constant("c")->integers.at(0), 4);
}

TEST(OnnxFile, MessagesNameFileAndTensor) {
  EXPECT_THAT(message_of(""), HasSubstr("file.onnx: the file is empty"));
  EXPECT_THAT(message_of("age,income\n1,2\n"), HasSubstr("not an ONNX file"));
  onnx::ModelProto model = parsed(mlp_bytes());
  auto& constants = *model.mutable_graph()->mutable_initializer();
  auto& tensor = *std::find_if(constants.begin(), constants.end(),
                               [](const auto& constant) { return constant.name() == "block0.linear.weight"; });
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  EXPECT_THAT(message_of(model.SerializeAsString()), HasSubstr("block0.linear.weight\" is stored outside"));
  tensor.clear_data_location();
  tensor.set_data_type(onnx::TensorProto::COMPLEX64);
  EXPECT_THAT(message_of(model.SerializeAsString()), HasSubstr("element type COMPLEX64"));
  tensor.set_data_type(1);
  tensor.set_dims(0, 1000);
  EXPECT_THAT(message_of(model.SerializeAsString()), HasSubstr("its shape needs"));
  tensor.set_dims(0, std::int64_t{1} << 62);
  EXPECT_THAT(message_of(model.SerializeAsString()), HasSubstr("makes no sense"));
}

/// A model in a folder of its own, whose weights lie in "weights.bin" beside it.
struct BesideItsWeights {
  std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "tabjoule_external";
  onnx::ModelProto model = parsed(mlp_bytes());

  BesideItsWeights() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    std::string bytes = "head";
    for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
      place(tensor, "weights.bin", std::to_string(bytes.size()), std::to_string(tensor.raw_data().size()));
      bytes += tensor.raw_data();
      tensor.clear_raw_data();
    }
    write_file(folder / "weights.bin", bytes + "tail");
  }
  ~BesideItsWeights() { std::filesystem::remove_all(folder); }

  static void place(onnx::TensorProto& tensor, const std::string& file, const std::string& offset,
                    const std::string& length) {
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    tensor.clear_external_data();
    for (const auto& [key, value] : {std::pair("location", file), {"offset", offset}, {"length", length}}) {
      auto& entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    }
  }
  onnx::TensorProto& first() { return *model.mutable_graph()->mutable_initializer(0); }
  std::filesystem::path write() {
    write_file(folder / "model.onnx", model.SerializeAsString());
    return folder / "model.onnx";
  }
  /// Loading it whole and reading its shapes alone refuse the same.
  std::string message() {
    const auto path = write();
    const auto refusal = [](const auto& read) -> std::string {
      try {
        read();
        return "no error";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::input);
        return error.what();
      }
    };
    const std::string whole = refusal([&] { static_cast<void>(read_model(path)); });
    EXPECT_EQ(refusal([&] { static_cast<void>(read_onnx(path)); }), whole);
    return whole;
  }
};

TEST(OnnxFile, WeightsInFilesBesideTheModelAreTakenIn) {
  BesideItsWeights beside;
  const Graph whole = from_onnx(read_model(beside.write()), "test"), before = from_onnx(mlp_bytes(), "test");
  ASSERT_EQ(whole.constants.size(), before.constants.size());
  for (std::size_t i = 0; i < before.constants.size(); ++i) expect_same(whole.constants[i], before.constants[i]);
}

/// Shapes are what kernels need; weights may be larger than memory.
TEST(OnnxFile, LargeWeightsBesideTheModelKeepTheirShapesAlone) {
  BesideItsWeights beside;
  onnx::TensorProto& large = beside.first();
  large.clear_dims();
  large.add_dims(1 << 20);
  BesideItsWeights::place(large, "weights.bin", "0", std::to_string(4 << 20));
  std::filesystem::resize_file(beside.folder / "weights.bin", 4 << 20);
  const Graph graph = read_onnx(beside.write());
  EXPECT_EQ(graph.constants[0].dims, std::vector<std::int64_t>{1 << 20});
  EXPECT_TRUE(graph.constants[0].floats.empty());
  EXPECT_FALSE(graph.constants[1].floats.empty());
}

TEST(OnnxFile, WhatIsWrongBesideTheModelIsNamed) {
  BesideItsWeights beside;
  EXPECT_EQ(beside.message(), "no error");
  const std::string whose = "constant \"" + beside.first().name() + "\": ", outside = "does not lie beside the model";
  const struct {
    std::string file, offset, length, expected;
  } places[] = {{"absent.bin", "0", "4", whose + "its values are to lie in \"absent.bin\""},
                {std::string(5000, 'w'), "0", "4", "is not there"},
                {".", "0", "4", "is not there"},
                {"../weights.bin", "0", "4", "\"../weights.bin\", " + outside},
                {"/etc/hostname", "0", "4", outside},
                {"", "0", "4", outside},
                {"weights.bin", "1000000000", "4", "fewer than its place says"},
                {"weights.bin", "0", "9223372036854775807", "fewer than its place says"},
                {"weights.bin", "-4", "4", "\"-4\", is no number of bytes"},
                {"weights.bin", "0", "many", "\"many\", is no number of bytes"}};
  for (const auto& place : places) {
    BesideItsWeights::place(beside.first(), place.file, place.offset, place.length);
    EXPECT_THAT(beside.message(), HasSubstr(place.expected));
  }
}

TEST(OnnxFile, BytesThatAreNoModelAreLeftToWhoLoadsThem) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "tabjoule_no_model.onnx";
  write_file(path, "age,income");
  EXPECT_EQ(read_model(path), "age,income");
  std::filesystem::remove(path);
}

/// Reading damaged bytes gives a graph or an Error (input) of one line.
void expect_graph_or_error(const std::string& bytes) {
  try {
    static_cast<void>(from_onnx(bytes, "damaged.onnx"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
  }
}

TEST(OnnxFile, EveryTruncationIsReadOrRefused) {
  const std::string bytes = to_onnx(everything());
  for (std::size_t length = 0; length < bytes.size(); ++length) expect_graph_or_error(bytes.substr(0, length));
}

TEST(OnnxFile, MutatedBytesAreReadOrRefused) {
  const std::string original = to_onnx(everything());
  Rng rng(11);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = original;
    const auto changes = 1 + rng.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    expect_graph_or_error(bytes);
  }
}

}  // namespace
}  // namespace tabjoule::onnx_file_test
