// Text and JSON in HTML.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace tabjoule {

/// &, <, >, " and ' as entities.
[[nodiscard]] std::string escaped(const std::string& text);

/// JSON for a script element: no text in it can end the element or open a comment.
[[nodiscard]] std::string script_json(const Json& json);

struct TableColumn {
  std::string title;  ///< HTML
  bool numbers = false;
};
/// <thead> with one row.
[[nodiscard]] std::string table_head(const std::vector<TableColumn>& columns);
/// Text for screen readers alone.
[[nodiscard]] std::string hidden(const std::string& text);

}  // namespace tabjoule
