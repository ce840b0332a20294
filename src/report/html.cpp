#include "report/html.h"

#include <fmt/format.h>

namespace tabjoule {

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string script_json(const Json& json) {
  std::string result;
  for (const char c : to_text(json)) {
    if (c == '<')  // in JSON it stands only inside strings
      result += "\\u003c";
    else
      result += c;
  }
  return result;
}

std::string table_head(const std::vector<TableColumn>& columns) {
  std::string cells;
  for (const TableColumn& column : columns)
    cells += fmt::format("<th scope=\"col\"{}>{}</th>", column.numbers ? " class=\"n\"" : "", column.title);
  return "<thead><tr>" + cells + "</tr></thead>";
}

std::string hidden(const std::string& text) { return "<span class=\"visually-hidden\">" + escaped(text) + "</span>"; }

}  // namespace tabjoule
