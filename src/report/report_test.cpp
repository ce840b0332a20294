#include "report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "report/figures.h"
#include "report/html.h"
#include "report/run_json.h"

namespace tabjoule::report_test {
namespace {

using testing::HasSubstr;
using testing::Not;

Json run() {
  const Json chosen = {{"text", "mlp depth=1 width=8"}, {"score_supernet", 0.8}, {"score_test", 0.8},
                       {"energy_predicted_j", 2e-6},    {"parameters", 10},      {"flops", 20}};
  return {{"format", "tabjoule-run"},
          {"version", 2},
          {"target", "<b>income</b> & more"},
          {"metric", "accuracy"},
          {"energy_source", {{"kind", "estimated"}, {"description", "5 W a core"}}},
          {"chosen", chosen},
          {"pareto", Json::array({chosen})}};
}

Json measured_run() {
  Json measured = run();
  measured["chosen"]["energy_measured_j"] = 3.6e-6;
  measured["chosen"]["energy_measured_half_width_95_j"] = 1.2e-7;
  return measured;
}

TEST(Escaped, LeavesNoMarkup) {
  EXPECT_EQ(escaped("<a href='x'>\"&\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;");
}

TEST(ScriptJson, CannotEndItsElement) {
  const std::string json = script_json({{"a", "</script><!--<script>"}});
  EXPECT_THAT(json, Not(HasSubstr("<")));
  EXPECT_EQ(Json::parse(json).at("a"), "</script><!--<script>");
}

TEST(Figures, HaveThreeDigitsAndAPrefixThatFits) {
  EXPECT_EQ(quantity(8.5e-6, "J"), "8.50\u00a0µJ");
  EXPECT_EQ(quantity(0.99996e-3, "J"), "1.00\u00a0mJ");
  EXPECT_EQ(quantity(0, "J"), "0\u00a0J");
  EXPECT_EQ(count(8866), "8,866");
  EXPECT_EQ(count(-1234567), "-1,234,567");
  EXPECT_EQ(count(12), "12");
  EXPECT_EQ(rounded_count(17291566), "17,300,000");
  EXPECT_EQ(small_number(2.39e-5), "2.39\u00a0×\u00a010<sup>−5</sup>");
  EXPECT_EQ(small_number(0.25), "0.25");
}

TEST(Figures, RoundAValueToItsUncertainty) {
  const auto shown = with_half_width(10.7623e-6, 2.405e-7, "J");
  EXPECT_EQ(shown.value + " " + shown.half_width + " " + shown.unit, "10.76 0.24 µJ");
}

TEST(Figures, OfAColumnShareAPrefixAndDecimals) {
  const Scale scale = common_scale({149.2e-6, 8.594e-6, 12e-6});
  EXPECT_EQ(scaled(149.2e-6, scale), "149.20");
  EXPECT_EQ(scaled(8.594e-6, scale), "8.59");
  EXPECT_STREQ(scale.prefix, "µ");
}

TEST(Report, EscapesWhatComesFromTheTable) {
  const std::string page = report_html(run());
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;income&lt;/b&gt; &amp; more"));
  EXPECT_THAT(page, Not(HasSubstr("<b>income")));
}

TEST(Report, LabelsWhatWasNotMeasuredAsPredicted) {
  EXPECT_EQ(energy_of(run(), run().at("chosen"))->kind, "predicted");
  const std::string page = report_html(measured_run());
  EXPECT_THAT(page, HasSubstr("3.60 <small>µJ</small> <span class=\"plus\">±&nbsp;0.12</span>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"source estimated\">estimated</span> 95&nbsp;% interval"));
}

TEST(Report, CostsAMillionPredictionsAtTheGivenGridIntensity) {
  EXPECT_THAT(report_html(measured_run()), HasSubstr("480\u00a0µg of CO"));  // 3.6 J = 1e-6 kWh
  EXPECT_THAT(report_html(measured_run(), {.grid_g_per_kwh = 20}), HasSubstr("20.0\u00a0µg of CO"));
}

TEST(Report, ListsANetworkOnceWithAllItsRoles) {
  Json both = run();
  both["baselines"]["accuracy"] = both["chosen"];
  const auto networks = networks_of(both);
  ASSERT_EQ(networks.size(), 1U);
  EXPECT_EQ(networks[0].roles, (std::vector<std::string>{"chosen", "accuracy", "front"}));
}

TEST(Report, WarnsOfARunThatDidNotEndOrDoesNotHold) {
  EXPECT_THAT(report_html(run()), Not(HasSubstr("class=\"warning\"")));
  Json stopped = run();
  stopped["stopped_early"] = "time budget";
  EXPECT_THAT(report_html(stopped), HasSubstr("The search ended early (time budget)"));
  Json broken = run();
  broken["chosen_by"] = {{"rule", "min-score"}, {"text", "asked 0.9"}, {"holds", false}};
  EXPECT_THAT(report_html(broken), HasSubstr("No trained network keeps what was asked"));
}

/// A run with every section filled.
Json full_run() {
  Json full = measured_run();
  full["chosen"]["energy_predicted_interval_90_j"] = {1.8e-6, 2.2e-6};
  full["chosen"]["kernels"] =
      Json::array({{{"kernel", "session"}, {"nodes", Json::array()}, {"energy_per_batch_j", 1e-6}}});
  full["baselines"]["accuracy"] = full["chosen"];
  full["rows"] = {{"train", 3}, {"validation", 2}, {"test", 1}};
  full["classes"] = {"a", "b"};
  full["timing"]["read"] = {{"time_s", 1.0}, {"energy_j", 5.0}};
  full["predictor"] = {{"samples", 3}, {"mape", 0.1}, {"constant", {{"mape", 1.0}}}};
  full["spaces"] = Json::array({{{"name", "mlp"}, {"scored", 3}, {"architectures", 9}}});
  full["trace"]["searches"] = Json::object();
  for (const char* name : {"limits", "reward", "chosen_by"}) full[name] = Json::object();
  for (const char* name : {"command", "notices"}) full[name] = {"word"};
  for (const char* name :
       {"batch", "seed", "threads", "raw_columns", "features", "dummy_test_score", "export_difference"})
    full[name] = 1;
  for (const char* name :
       {"data", "task", "device", "fingerprint", "machine", "stopped_early", "program_version", "created"})
    full[name] = "text";
  return full;
}

TEST(Report, LeavesOutWhatIsOfAnotherType) {
  const std::vector<Json> others{"text", 7, -1.5, true, Json::array({1, "x"}), {{"name", 2}}};
  for (const bool of_chosen : {false, true}) {
    const Json whole = full_run();
    const Json members = of_chosen ? whole.at("chosen") : whole;
    for (const auto& [name, value] : members.items()) {
      for (const Json& other : others) {
        Json changed = whole;
        (of_chosen ? changed["chosen"] : changed)[name] = other;
        EXPECT_NO_THROW(static_cast<void>(report_html(changed))) << name << " " << other;
      }
    }
  }
}

TEST(Report, QuotesTheCommandForAShell) {
  Json asked = run();
  asked["command"] = {"tabjoule", "search", "--data", "it's"};
  EXPECT_THAT(report_html(asked), HasSubstr("tabjoule search --data &#39;it&#39;\\&#39;&#39;s&#39;"));
}

}  // namespace
}  // namespace tabjoule::report_test
