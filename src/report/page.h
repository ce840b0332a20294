// The shell of every page that tabjoule writes: one self-contained file with its styles, scripts and data. It loads
// nothing: a content security policy in its head forbids that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace tabjoule {

struct PageSection {
  std::string id;     ///< anchor
  std::string title;  ///< in the navigation; empty: not there
  std::string html;
};

struct Page {
  std::string title;  ///< text, not HTML
  std::vector<PageSection> sections;
  Json data;                              ///< for the scripts, as `tabjoulePage.data`
  std::vector<std::string_view> scripts;  ///< names of assets, after the shell's own, in this order
  std::string footer;                     ///< HTML
};

[[nodiscard]] std::string page_html(const Page& page);

}  // namespace tabjoule
