// A BERT encoder as exporters of PyTorch write it at opset 11 to 16, for tests: LayerNorm, Gelu and attention in single
// operators.
#pragma once

#include <fmt/format.h>

#include "graph/examples/model_maker.h"

namespace tabjoule::example {

struct BertSizes {
  std::int64_t layers = 2, width = 128, heads = 2, tokens = 128, vocabulary = 30522;
};

class BertMaker {
 public:
  explicit BertMaker(const BertSizes& sizes) : sizes_(sizes), m_("bert", 14) {}

  Graph make() {
    GraphBuilder& b = m_.builder;
    b.add_input({"input_ids", ElementType::int64, {-1, sizes_.tokens}, {"batch", ""}});
    b.add_input({"mask", ElementType::float32, {-1, 1, 1, sizes_.tokens}, {"batch", "", "", ""}});
    const std::string words = m_.weight("words", {sizes_.vocabulary, sizes_.width});
    std::string x = b.add("Gather", {words, "input_ids"}, "embedding", {{"axis", std::int64_t{0}}});
    x = b.add("Add", {x, m_.weight("positions", {1, sizes_.tokens, sizes_.width})}, "embedding.sum");
    x = layer_norm(x, "embedding.norm");
    for (std::int64_t i = 0; i < sizes_.layers; ++i) x = layer(x, fmt::format("layer{}", i));
    return m_.finish(x);
  }

 private:
  std::string scalar(const std::string& name, float value) {
    return m_.builder.constant(name, {}, std::vector<float>{value});
  }

  std::string dense(const std::string& x, std::int64_t inputs, std::int64_t outputs, const std::string& name) {
    const std::string product = m_.builder.add("MatMul", {x, m_.weight(name + ".w", {inputs, outputs})}, name);
    return m_.builder.add("Add", {m_.weight(name + ".b", {outputs}), product}, name + ".bias");
  }

  std::string layer_norm(const std::string& x, const std::string& name) {
    GraphBuilder& b = m_.builder;
    const std::map<std::string, Attribute> axes = {{"axes", Dims{-1}}};
    const std::string mean = b.add("ReduceMean", {x}, name + ".mean", axes);
    const std::string apart = b.add("Sub", {x, mean}, name + ".apart");
    const std::string square = b.add("Pow", {apart, scalar(name + ".two", 2)}, name + ".square");
    const std::string variance = b.add("ReduceMean", {square}, name + ".variance", axes);
    const std::string above = b.add("Add", {variance, scalar(name + ".epsilon", 1e-12F)}, name + ".above");
    const std::string normal = b.add("Div", {apart, b.add("Sqrt", {above}, name + ".root")}, name + ".normal");
    const std::string scaled = b.add("Mul", {normal, m_.weight(name + ".scale", {sizes_.width})}, name + ".scaled");
    return b.add("Add", {scaled, m_.weight(name + ".shift", {sizes_.width})}, name);
  }

  std::string gelu(const std::string& x, const std::string& name) {
    GraphBuilder& b = m_.builder;
    const std::string erf =
        b.add("Erf", {b.add("Div", {x, scalar(name + ".root2", 1.4142F)}, name + ".div")}, name + ".erf");
    const std::string one = b.add("Add", {erf, scalar(name + ".one", 1)}, name + ".add");
    return b.add("Mul", {b.add("Mul", {x, one}, name + ".mul"), scalar(name + ".half", 0.5F)}, name);
  }

  std::string heads(const std::string& x, const Dims& perm, const std::string& name) {
    const std::string shape =
        m_.builder.constant(name + ".shape", {4}, Dims{0, sizes_.tokens, sizes_.heads, sizes_.width / sizes_.heads});
    return m_.builder.add("Transpose", {m_.builder.add("Reshape", {x, shape}, name + ".split")}, name + ".heads",
                          {{"perm", perm}});
  }

  std::string attention(const std::string& x, const std::string& name) {
    GraphBuilder& b = m_.builder;
    const std::int64_t width = sizes_.width;
    const std::string q = heads(dense(x, width, width, name + ".query"), {0, 2, 1, 3}, name + ".query");
    const std::string k = heads(dense(x, width, width, name + ".key"), {0, 2, 3, 1}, name + ".key");
    const std::string v = heads(dense(x, width, width, name + ".value"), {0, 2, 1, 3}, name + ".value");
    const std::string scores =
        b.add("Div", {b.add("MatMul", {q, k}, name + ".scores"), scalar(name + ".root", 8)}, name + ".scaled");
    const std::string map = b.add("Softmax", {b.add("Add", {scores, "mask"}, name + ".masked")}, name + ".map",
                                  {{"axis", std::int64_t{3}}});
    const std::string mixed =
        b.add("Transpose", {b.add("MatMul", {map, v}, name + ".mixed")}, name + ".back", {{"perm", Dims{0, 2, 1, 3}}});
    return b.add("Reshape", {mixed, b.constant(name + ".shape", {3}, Dims{0, sizes_.tokens, width})}, name);
  }

  std::string layer(const std::string& x, const std::string& name) {
    GraphBuilder& b = m_.builder;
    const std::int64_t width = sizes_.width;
    std::string y = dense(attention(x, name + ".attention"), width, width, name + ".output");
    const std::string inner = layer_norm(b.add("Add", {y, x}, name + ".sum1"), name + ".norm1");
    y = gelu(dense(inner, width, 4 * width, name + ".wide"), name + ".gelu");
    y = dense(y, 4 * width, width, name + ".narrow");
    return layer_norm(b.add("Add", {y, inner}, name + ".sum2"), name + ".norm2");
  }

  BertSizes sizes_;
  ModelMaker m_;
};

/// google/bert_uncased_L-2_H-128_A-2 by default.
inline Graph bert(const BertSizes& sizes = {}) { return BertMaker(sizes).make(); }

}  // namespace tabjoule::example
