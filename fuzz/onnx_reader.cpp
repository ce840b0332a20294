#include "onnx_reader.h"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <string>

#include "base/error.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "kernel/fusion_rules.h"

namespace {

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::abort();
}

void refuse_only_as_input(const tabjoule::Error& error) {
  const std::string message = error.what();
  if (error.kind() != tabjoule::ErrorKind::input) stop("not an error of the input: " + message);
  if (message.find('\n') != std::string::npos) stop("an error of several lines: " + message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tabjoule::FusionRules rules[] = {tabjoule::load_fusion_rules("onnxruntime-cpu"),
                                                tabjoule::load_fusion_rules("tensorrt")};
  try {
    const tabjoule::Graph graph = tabjoule::from_onnx(std::string(data, data + size), "file.onnx");
    for (const tabjoule::FusionRules& set : rules) {
      try {
        static_cast<void>(tabjoule::detect_kernels(graph, 2, set));
      } catch (const tabjoule::Error& error) {
        refuse_only_as_input(error);
      }
    }
  } catch (const tabjoule::Error& error) {
    refuse_only_as_input(error);
  } catch (const std::exception& error) {
    stop(fmt::format("an exception of another kind: {}", error.what()));
  }
  return 0;
}
