#include "profile/part_sizes.h"

#include <algorithm>

#include "base/error.h"

namespace tabjoule {

std::int64_t part_size(const KernelKey& key, const std::string& column) {
  const auto& columns = kernel_columns(key.type);
  const auto place = std::find(columns.begin(), columns.end(), column);
  const auto index = static_cast<std::size_t>(place - columns.begin());
  if (place == columns.end() || index >= key.shape.size())
    fail_input("{}: the kernel has no size \"{}\"", key.text(), column);
  if (key.shape[index] < 1) fail_input("{}: \"{}\" must be at least 1", key.text(), column);
  return key.shape[index];
}

Dims in_runs(const KernelKey& key) {
  const std::int64_t elements = part_size(key, "elements"), run = part_size(key, "run");
  if (elements % run != 0) fail_input("{}: \"elements\" is no multiple of \"run\"", key.text());
  return {elements / run, run};
}

Window part_window(const KernelKey& key) {
  const std::int64_t kernel = part_size(key, "kernel_size");
  const std::int64_t stride = part_size(key, "stride");
  const auto outputs = [&](std::int64_t in) { return (in + stride - 1) / stride; };
  const auto padding = [&](std::int64_t in) {
    return std::max<std::int64_t>(0, (outputs(in) - 1) * stride + kernel - in);
  };
  const std::int64_t rows = padding(part_size(key, "height"));
  const std::int64_t columns = padding(part_size(key, "width"));
  return {{{"kernel_shape", Dims{kernel, kernel}},
           {"strides", Dims{stride, stride}},
           {"pads", Dims{rows / 2, columns / 2, rows - rows / 2, columns - columns / 2}}},
          outputs(part_size(key, "height")),
          outputs(part_size(key, "width"))};
}

}  // namespace tabjoule
