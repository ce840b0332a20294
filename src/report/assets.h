// Files that travel inside the program: styles and scripts of src/report/assets, and the chart library.
#pragma once

#include <map>
#include <string_view>

namespace tabjoule {

/// By file name: "page.css", "d3.min.js".
[[nodiscard]] const std::map<std::string_view, std::string_view>& embedded_assets();

}  // namespace tabjoule
