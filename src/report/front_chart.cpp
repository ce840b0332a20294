#include "report/front_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "report/html.h"

namespace tabjoule {
namespace {

constexpr double kWidth = 760, kHeight = 360, kLeft = 70, kRight = 24, kTop = 24, kBottom = 48;

struct Mark {
  const RunPoint* point;
  const char* style;
  double radius;
  std::string label;
};

/// Data to picture; x is log10 joules.
struct Frame {
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;

  [[nodiscard]] double x(double energy_j) const {
    return kLeft + (std::log10(energy_j) - x_low) / (x_high - x_low) * (kWidth - kLeft - kRight);
  }
  [[nodiscard]] double y(double score) const {
    return kHeight - kBottom - (score - y_low) / (y_high - y_low) * (kHeight - kTop - kBottom);
  }
};

Frame frame_of(const std::vector<Mark>& marks) {
  Frame frame{1e9, -1e9, 1e300, -1e300};
  for (const auto& mark : marks) {
    frame.x_low = std::min(frame.x_low, std::log10(*mark.point->energy_predicted_j));
    frame.x_high = std::max(frame.x_high, std::log10(*mark.point->energy_predicted_j));
    frame.y_low = std::min(frame.y_low, *mark.point->score_supernet);
    frame.y_high = std::max(frame.y_high, *mark.point->score_supernet);
  }
  const double x_pad = std::max(0.05, 0.05 * (frame.x_high - frame.x_low));
  const double y_span = frame.y_high - frame.y_low;
  const double y_pad = y_span > 0 ? 0.08 * y_span : std::max(1e-6, 0.01 * std::abs(frame.y_high));
  return {frame.x_low - x_pad, frame.x_high + x_pad, frame.y_low - y_pad, frame.y_high + y_pad};
}

std::string axes(const Frame& frame, const std::string& metric) {
  constexpr int kTicks = 5;
  std::string svg;
  for (int i = 0; i <= kTicks; ++i) {
    const double share = static_cast<double>(i) / kTicks;
    const double energy_j = std::pow(10, frame.x_low + share * (frame.x_high - frame.x_low));
    const double score = frame.y_low + share * (frame.y_high - frame.y_low);
    svg += fmt::format("<line class=\"axis\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>", kLeft,
                       kWidth - kRight, frame.y(score));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kLeft - 8, frame.y(score) + 4,
                       score_text(score));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", frame.x(energy_j),
                       kHeight - kBottom + 20, with_unit(energy_j, "J"));
  }
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">predicted energy a prediction</text>",
                     (kLeft + kWidth - kRight) / 2, kHeight - 6);
  svg += fmt::format("<text x=\"{:.1f}\" y=\"14\">{}, supernet</text>", kLeft, escaped(metric));
  return svg;
}

}  // namespace

std::string front_chart(const RunRecord& record) {
  std::vector<Mark> marks;
  for (const auto& point : record.pareto) marks.push_back({&point, "dot", 3.5, ""});
  for (const auto& baseline : record.baselines)
    if (baseline.point.text != record.chosen.text)
      marks.push_back({&baseline.point, "baseline", 6, baseline.name + " alone"});
  marks.push_back({&record.chosen, "chosen", 7, "chosen"});
  const Frame frame = frame_of(marks);

  std::string svg = fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"Score against energy\">",
                                kWidth, kHeight);
  svg += axes(frame, record.metric);
  std::string path;
  for (const auto& point : record.pareto)
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", frame.x(*point.energy_predicted_j),
                        frame.y(*point.score_supernet));
  svg += fmt::format("<path class=\"front\" d=\"{}\"/>", path);
  for (const auto& mark : marks) {
    const double x = frame.x(*mark.point->energy_predicted_j);
    const double y = frame.y(*mark.point->score_supernet);
    svg += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{}: {}, {}</title></circle>",
                       mark.style, x, y, mark.radius, escaped(mark.point->text),
                       score_text(*mark.point->score_supernet), with_unit(*mark.point->energy_predicted_j, "J"));
    if (!mark.label.empty()) {
      const bool right_edge = x > kWidth - 160;
      svg += fmt::format("<text class=\"strong\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>",
                         right_edge ? x - 11 : x + 11, y + 16, right_edge ? "end" : "start", escaped(mark.label));
    }
  }
  return svg + "</svg>\n";
}

}  // namespace tabjoule
