#include "report/page.h"

#include <fmt/format.h>

#include "base/error.h"
#include "report/assets.h"
#include "report/html.h"

namespace tabjoule {
namespace {

/// A bolt.
constexpr const char* kMark =
    "<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"M9.6 0 2 9.2h4.7L5.6 16 14 6.4H8.6z\"/></svg>";

std::string asset(std::string_view name) {
  const auto found = embedded_assets().find(name);
  if (found == embedded_assets().end()) fail_internal("no file \"{}\" is embedded in the program", name);
  return std::string(found->second);
}

std::string head(const Page& page) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\" class=\"no-js\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; img-src data:\">\n"
      "<title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{}</style>\n<script>\n{}</script>\n</head>\n",
      escaped(page.title), asset("page.css"), asset("theme.js"));
}

std::string top(const Page& page) {
  std::string links;
  for (const auto& section : page.sections)
    if (!section.title.empty()) links += fmt::format("<a href=\"#{}\">{}</a>\n", section.id, escaped(section.title));
  return fmt::format(
      "<a class=\"skip\" href=\"#main\">To the content</a>\n<header class=\"top\"><div>"
      "<a class=\"brand\" href=\"#main\">{}tabjoule</a>\n<nav aria-label=\"Sections\">\n{}</nav>\n"
      "<button type=\"button\" class=\"button needs-js\" id=\"theme\" "
      ">Theme</button></div></header>\n",
      kMark, links);
}

std::string scripts(const Page& page) {
  std::string html = fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n", script_json(page.data));
  for (const std::string_view name : {"d3.min.js", "plot.umd.min.js", "page.js", "charts.js"})
    html += fmt::format("<script>\n{}</script>\n", asset(name));
  for (const std::string_view name : page.scripts) html += fmt::format("<script>\n{}</script>\n", asset(name));
  return html;
}

}  // namespace

std::string page_html(const Page& page) {
  std::string html = head(page) + "<body>\n" + top(page) + "<main id=\"main\">\n";
  for (const auto& section : page.sections)
    html += fmt::format("<section id=\"{}\">\n{}</section>\n", section.id, section.html);
  html += fmt::format(
      "</main>\n<footer>{}<details class=\"more\"><summary>Licences of the chart library in this page</summary>"
      "<pre>{}</pre></details></footer>\n",
      page.footer, escaped(asset("licences.txt")));
  return html + scripts(page) + "</body>\n</html>\n";
}

}  // namespace tabjoule
