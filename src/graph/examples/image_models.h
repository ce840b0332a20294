// Published image classifiers as graphs, for tests. Each names the definition it follows.
#pragma once

#include <fmt/format.h>

#include <array>

#include "graph/examples/model_maker.h"

namespace tabjoule::example {

/// Caffe's bvlc_googlenet (deploy.prototxt), with its layers' names.
inline Graph googlenet() {
  ModelMaker m("googlenet");
  const auto conv_relu = [&](const Image& x, std::int64_t channels, std::int64_t kernel, std::int64_t stride,
                             const std::string& block, const std::string& name) {
    const std::string relu = name == "7x7_s2" ? "7x7" : name;
    return m.relu(m.conv(x, channels, kernel, stride, kernel / 2, block + "/" + name), block + "/relu_" + relu);
  };
  const auto inception = [&](const Image& x, const std::string& block, std::array<std::int64_t, 6> c) {
    const Image one = conv_relu(x, c[0], 1, 1, block, "1x1");
    const Image three = conv_relu(conv_relu(x, c[1], 1, 1, block, "3x3_reduce"), c[2], 3, 1, block, "3x3");
    const Image five = conv_relu(conv_relu(x, c[3], 1, 1, block, "5x5_reduce"), c[4], 5, 1, block, "5x5");
    const Image pool = m.pool("MaxPool", x, 3, 1, 1, block + "/pool");
    return m.concat({one, three, five, conv_relu(pool, c[5], 1, 1, block, "pool_proj")}, block + "/output");
  };
  Image x = conv_relu(m.image(224), 64, 7, 2, "conv1", "7x7_s2");
  x = m.unary("LRN", m.pool("MaxPool", x, 3, 2, 0, "pool1/3x3_s2", true), "pool1/norm1", {{"size", std::int64_t{5}}});
  x = conv_relu(conv_relu(x, 64, 1, 1, "conv2", "3x3_reduce"), 192, 3, 1, "conv2", "3x3");
  x = m.pool("MaxPool", m.unary("LRN", x, "conv2/norm2", {{"size", std::int64_t{5}}}), 3, 2, 0, "pool2/3x3_s2", true);
  x = inception(x, "inception_3a", {64, 96, 128, 16, 32, 32});
  x = inception(x, "inception_3b", {128, 128, 192, 32, 96, 64});
  x = m.pool("MaxPool", x, 3, 2, 0, "pool3/3x3_s2", true);
  x = inception(x, "inception_4a", {192, 96, 208, 16, 48, 64});
  x = inception(x, "inception_4b", {160, 112, 224, 24, 64, 64});
  x = inception(x, "inception_4c", {128, 128, 256, 24, 64, 64});
  x = inception(x, "inception_4d", {112, 144, 288, 32, 64, 64});
  x = inception(x, "inception_4e", {256, 160, 320, 32, 128, 128});
  x = m.pool("MaxPool", x, 3, 2, 0, "pool4/3x3_s2", true);
  x = inception(x, "inception_5a", {256, 160, 320, 32, 128, 128});
  x = inception(x, "inception_5b", {384, 192, 384, 48, 128, 128});
  x = m.unary("Dropout", m.pool("AveragePool", x, 7, 1, 0, "pool5/7x7_s1"), "pool5/drop_7x7_s1");
  return m.finish(m.builder.add("Softmax", {m.classifier(x, 1000, "loss3/classifier")}, "prob"));
}

/// torchvision's resnet18, BatchNorms not folded.
inline Graph resnet18() {
  ModelMaker m("resnet18");
  const auto conv_norm = [&](const Image& x, std::int64_t channels, std::int64_t kernel, std::int64_t stride,
                             const std::string& name) {
    return m.norm(m.conv(x, channels, kernel, stride, kernel / 2, name, 1, false), name + ".norm");
  };
  Image x = m.relu(conv_norm(m.image(224), 64, 7, 2, "stem"), "stem.relu");
  x = m.pool("MaxPool", x, 3, 2, 1, "stem.pool");
  for (int block = 0; block < 8; ++block) {
    const std::string name = fmt::format("block{}", block);
    const std::int64_t channels = std::int64_t{64} << (block / 2), stride = block % 2 == 0 && block > 0 ? 2 : 1;
    const Image first = m.relu(conv_norm(x, channels, 3, stride, name + ".first"), name + ".first.relu");
    const Image second = conv_norm(first, channels, 3, 1, name + ".second");
    if (stride == 2) x = conv_norm(x, channels, 1, 2, name + ".shortcut");
    x = m.relu(m.add(second, x, name + ".add"), name + ".relu");
  }
  return m.finish(m.classifier(m.unary("GlobalAveragePool", x, "pool"), 1000, "head"));
}

/// torchvision's mobilenet_v2, BatchNorms folded as its exporter does.
inline Graph mobilenet_v2() {
  ModelMaker m("mobilenet_v2");
  struct Stage {
    std::int64_t expansion, channels, blocks, stride;
  };
  Image x = m.relu6(m.conv(m.image(224), 32, 3, 2, 1, "stem"), "stem.relu6");
  int number = 0;
  for (const Stage& stage : {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2}, Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2},
                             Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}}) {
    for (std::int64_t block = 0; block < stage.blocks; ++block, ++number) {
      const std::string name = fmt::format("block{}", number);
      const std::int64_t wide = stage.expansion * x.channels, stride = block == 0 ? stage.stride : 1;
      Image y = x;
      if (stage.expansion > 1) y = m.relu6(m.conv(y, wide, 1, 1, 0, name + ".expand"), name + ".expand.relu6");
      y = m.relu6(m.conv(y, wide, 3, stride, 1, name + ".depth", wide), name + ".depth.relu6");
      y = m.conv(y, stage.channels, 1, 1, 0, name + ".project");
      x = stride == 1 && x.channels == stage.channels ? m.add(x, y, name + ".add") : y;
    }
  }
  x = m.relu6(m.conv(x, 1280, 1, 1, 0, "last"), "last.relu6");
  return m.finish(m.classifier(m.unary("GlobalAveragePool", x, "pool"), 1000, "head"));
}

/// torchvision's mobilenet_v3_small: squeeze-excite, HardSwish, HardSigmoid.
inline Graph mobilenet_v3() {
  ModelMaker m("mobilenet_v3");
  struct Block {
    std::int64_t kernel, wide, channels;
    bool squeeze;
    const char* activation;
    std::int64_t stride;
  };
  const auto squeeze_excite = [&](const Image& x, std::int64_t squeezed, const std::string& name) {
    Image s = m.unary("GlobalAveragePool", x, name + ".pool");
    s = m.relu(m.conv(s, squeezed, 1, 1, 0, name + ".down"), name + ".relu");
    s = m.unary("HardSigmoid", m.conv(s, x.channels, 1, 1, 0, name + ".up"), name + ".gate");
    return Image{m.builder.add("Mul", {x.tensor, s.tensor}, name + ".scale"), x.channels};
  };
  Image x = m.unary("HardSwish", m.conv(m.image(224), 16, 3, 2, 1, "stem"), "stem.act");
  int number = 0;
  for (const Block& b :
       {Block{3, 16, 16, true, "Relu", 2}, Block{3, 72, 24, false, "Relu", 2}, Block{3, 88, 24, false, "Relu", 1},
        Block{5, 96, 40, true, "HardSwish", 2}, Block{5, 240, 40, true, "HardSwish", 1},
        Block{5, 240, 40, true, "HardSwish", 1}, Block{5, 120, 48, true, "HardSwish", 1},
        Block{5, 144, 48, true, "HardSwish", 1}, Block{5, 288, 96, true, "HardSwish", 2},
        Block{5, 576, 96, true, "HardSwish", 1}, Block{5, 576, 96, true, "HardSwish", 1}}) {
    const std::string name = fmt::format("block{}", number++);
    Image y = x;
    if (b.wide != x.channels) y = m.unary(b.activation, m.conv(y, b.wide, 1, 1, 0, name + ".expand"), name + ".act1");
    y = m.unary(b.activation, m.conv(y, b.wide, b.kernel, b.stride, b.kernel / 2, name + ".depth", b.wide),
                name + ".act2");
    if (b.squeeze) y = squeeze_excite(y, (b.wide / 4 + 4) / 8 * 8, name + ".se");
    y = m.conv(y, b.channels, 1, 1, 0, name + ".project");
    x = b.stride == 1 && x.channels == b.channels ? m.add(x, y, name + ".add") : y;
  }
  x = m.unary("HardSwish", m.conv(x, 576, 1, 1, 0, "last"), "last.act");
  const std::string flat = m.classifier(m.unary("GlobalAveragePool", x, "pool"), 1024, "hidden");
  return m.finish(m.dense(m.builder.add("HardSwish", {flat}, "hidden.act"), 1024, 1000, "head"));
}

/// torchvision's squeezenet1_1.
inline Graph squeezenet() {
  ModelMaker m("squeezenet");
  const auto fire = [&](const Image& x, std::int64_t squeeze, std::int64_t expand, const std::string& name) {
    const Image s = m.relu(m.conv(x, squeeze, 1, 1, 0, name + ".squeeze"), name + ".squeeze.relu");
    const Image one = m.relu(m.conv(s, expand, 1, 1, 0, name + ".one"), name + ".one.relu");
    return m.concat({one, m.relu(m.conv(s, expand, 3, 1, 1, name + ".three"), name + ".three.relu")}, name + ".join");
  };
  Image x = m.relu(m.conv(m.image(224), 64, 3, 2, 0, "stem"), "stem.relu");
  x = fire(fire(m.pool("MaxPool", x, 3, 2, 0, "pool1", true), 16, 64, "fire2"), 16, 64, "fire3");
  x = fire(fire(m.pool("MaxPool", x, 3, 2, 0, "pool3", true), 32, 128, "fire4"), 32, 128, "fire5");
  x = m.pool("MaxPool", x, 3, 2, 0, "pool5", true);
  x = fire(fire(fire(fire(x, 48, 192, "fire6"), 48, 192, "fire7"), 64, 256, "fire8"), 64, 256, "fire9");
  x = m.relu(m.conv(x, 1000, 1, 1, 0, "head"), "head.relu");
  return m.finish(m.builder.add("Flatten", {m.unary("GlobalAveragePool", x, "pool").tensor}, "flat"));
}

/// torchvision's shufflenet_v2_x1_0: channels split and shuffled by Split, Reshape and Transpose.
inline Graph shufflenet_v2() {
  ModelMaker m("shufflenet_v2");
  const auto pointwise = [&](const Image& x, std::int64_t channels, const std::string& name) {
    return m.relu(m.conv(x, channels, 1, 1, 0, name), name + ".relu");
  };
  const auto depthwise = [&](const Image& x, std::int64_t stride, const std::string& name) {
    return m.conv(x, x.channels, 3, stride, 1, name, x.channels);
  };
  const auto shuffle = [&](const Image& x, std::int64_t size, const std::string& name) {
    const auto shape = [&](const Dims& dims, const char* part) {
      return m.builder.constant(name + part, {static_cast<std::int64_t>(dims.size())}, dims);
    };
    std::string y =
        m.builder.add("Reshape", {x.tensor, shape({0, 2, x.channels / 2, size, size}, ".apart")}, name + ".a");
    y = m.builder.add("Transpose", {y}, name + ".t", {{"perm", Dims{0, 2, 1, 3, 4}}});
    return Image{m.builder.add("Reshape", {y, shape({0, x.channels, size, size}, ".shape")}, name), x.channels};
  };
  Image x = m.relu(m.conv(m.image(224), 24, 3, 2, 1, "stem"), "stem.relu");
  x = m.pool("MaxPool", x, 3, 2, 1, "stem.pool");
  std::int64_t size = 28, channels = 116;
  for (const int blocks : {4, 8, 4}) {
    for (int block = 0; block < blocks; ++block) {
      const std::string name = fmt::format("stage{}.{}", size, block);
      Image left = x, right = x;
      if (block == 0) {
        left = pointwise(depthwise(x, 2, name + ".left"), channels / 2, name + ".left.point");
      } else {
        const std::string halves = m.builder.constant(name + ".halves", {2}, Dims{channels / 2, channels / 2});
        left = {m.builder.add("Split", {x.tensor, halves}, name + ".split", {{"axis", std::int64_t{1}}}), channels / 2};
        right = {m.builder.unique(name + ".split.right"), channels / 2};
        m.builder.graph.nodes.back().outputs.push_back(right.tensor);
      }
      right = depthwise(pointwise(right, channels / 2, name + ".first"), block == 0 ? 2 : 1, name + ".depth");
      right = pointwise(right, channels / 2, name + ".last");
      x = shuffle(m.concat({left, right}, name + ".join"), size, name + ".shuffle");
    }
    size /= 2;
    channels *= 2;
  }
  x = pointwise(x, 1024, "last");
  return m.finish(m.classifier(m.unary("GlobalAveragePool", x, "pool"), 1000, "head"));
}

}  // namespace tabjoule::example
