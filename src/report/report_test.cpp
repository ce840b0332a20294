#include "report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/html.h"

namespace tabjoule {
namespace {

using testing::HasSubstr;
using testing::Not;

RunRecord record() {
  RunRecord r;
  r.target = "<b>income</b> & more";
  r.metric = "accuracy";
  r.chosen.text = "mlp depth=1 width=8";
  r.chosen.score_supernet = r.chosen.score_validation = r.chosen.score_test = 0.8;
  r.chosen.energy_predicted_j = 2e-6;
  r.pareto = {r.chosen};
  r.baselines = {{"accuracy", r.chosen, 0, false}};
  return r;
}

TEST(Escaped, LeavesNoMarkup) {
  EXPECT_EQ(escaped("<a href='x'>\"&\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;");
}

TEST(Report, EscapesWhatComesFromTheTable) {
  const std::string page = report_html(record());
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;income&lt;/b&gt; &amp; more"));
  EXPECT_THAT(page, Not(HasSubstr("<b>income")));
}

TEST(Report, SaysWhereNothingWasMeasured) {
  EXPECT_THAT(report_html(record()), HasSubstr("predicted, not measured"));
  RunRecord measured = record();
  measured.chosen.energy_measured_j = 3e-6;
  measured.chosen.energy_measured_half_width_95_j = 1e-7;
  measured.source = EnergySource::measured;
  EXPECT_THAT(report_html(measured), HasSubstr("+- 100 nJ, measured"));
}

TEST(Report, DrawsAFrontOfOnePointWithoutDividingByZero) {
  const std::string page = report_html(record());
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("inf,")));
}

}  // namespace
}  // namespace tabjoule
