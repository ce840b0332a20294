#include "kernel/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tabjoule::kernel_test {
namespace {

using ::testing::HasSubstr;

/// Every type there is.
std::vector<KernelType> types() {
  std::vector<KernelType> all;
  for (int type = 0; type <= static_cast<int>(KernelType::unknown); ++type)
    all.push_back(static_cast<KernelType>(type));
  return all;
}

KernelKey key_of(KernelType type) {
  KernelKey key{type, {}, "v"};
  for (std::size_t i = 0; i < kernel_columns(type).size(); ++i) key.shape.push_back(static_cast<std::int64_t>(i) + 2);
  return key;
}

template <class Body>
std::string message_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Kernel, TypesAndTheirNamesAreOneToOne) {
  for (const KernelType type : types()) EXPECT_EQ(kernel_type_from(to_string(type)), type);
  EXPECT_THAT(message_of([] { static_cast<void>(kernel_type_from("linaer")); }), HasSubstr("\"linear\""));
}

TEST(Kernel, TextIsReadable) {
  EXPECT_EQ((KernelKey{KernelType::linear, {1, 64, 108}, "relu"}).text(), "linear m=1 n=64 k=108 relu");
  EXPECT_EQ((KernelKey{KernelType::session, {}, ""}).text(), "session");
}

TEST(Kernel, WorkOfALinearCountsBiasAndActivation) {
  const KernelWork work = work_of({KernelType::linear, {2, 3, 5}, "relu"});
  EXPECT_EQ(work.flops, 2 * 2 * 3 * 5 + 2 * 3 + 2 * 3);
  EXPECT_EQ(work.parameters, 3 * 5 + 3);
  EXPECT_EQ(work.bytes_read, 4 * (2 * 5 + 18));
  EXPECT_EQ(work.bytes_written, 4 * 2 * 3);
}

TEST(Kernel, WorkNeedsTheTypesOwnColumns) {
  for (const KernelType type : types()) EXPECT_GE(work_of(key_of(type)).bytes_read, 0);
  EXPECT_THROW(static_cast<void>(work_of({KernelType::linear, {1, 2}, ""})), Error);
}

TEST(KernelSample, RoundTripThroughJson) {
  for (const KernelType type : types()) {
    const KernelSample sample{key_of(type), 1e-6, 2e-6, 3, "here", type == KernelType::linear ? "gemm_128x64" : ""};
    const KernelSample back = sample_from_json(to_json(sample));
    EXPECT_EQ(back.key, sample.key);
    EXPECT_EQ(back.time_s, sample.time_s);
    EXPECT_EQ(back.energy_j, sample.energy_j);
    EXPECT_EQ(back.weight, sample.weight);
    EXPECT_EQ(back.source, sample.source);
    EXPECT_EQ(back.implementation, sample.implementation);
  }
}

TEST(KernelSample, WhatIsWrongIsNamed) {
  const Json good = to_json({key_of(KernelType::linear), 1e-6, 2e-6, 1, ""});
  const auto refusal = [&](const char* name, const Json& value) {
    Json bad = good;
    bad[name] = value;
    return message_of([&] { static_cast<void>(sample_from_json(bad)); });
  };
  EXPECT_THAT(refusal("time_s", 0.0), HasSubstr("\"time_s\" must be a positive number"));
  EXPECT_THAT(refusal("energy_j", "x"), HasSubstr("\"energy_j\""));
  EXPECT_THAT(refusal("weight", -1), HasSubstr("\"weight\""));
  EXPECT_THAT(refusal("m", 0), HasSubstr("\"m\" must be an integer from 1"));
  EXPECT_THAT(refusal("k", 1.5), HasSubstr("\"k\""));
  EXPECT_THAT(refusal("kernel", "conv3d"), HasSubstr("unknown kernel type"));
  Json bad = good;
  bad.erase("n");
  EXPECT_THAT(message_of([&] { static_cast<void>(sample_from_json(bad)); }), HasSubstr("\"n\" is absent"));
  EXPECT_THROW(static_cast<void>(sample_from_json(Json::array())), Error);
}

}  // namespace
}  // namespace tabjoule::kernel_test
