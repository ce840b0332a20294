#include "space/search_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"

namespace tabjoule::search_space_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const char* const kSmall = R"({"format": "tabjoule-space", "version": 1, "name": "small", "family": "mlp",
  "decisions": [{"name": "width", "choices": [4, 16, 17]}, {"name": "depth", "from": 1, "to": 6, "step": 2}]})";

SearchSpace small() { return space_from_json(Json::parse(kSmall)); }

std::string error_of(const auto& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.kind())) + " " + error.what();
  }
  return "no error";
}

/// The error of the small space with `from` replaced by `to` in its text.
std::string error_with(const std::string& from, const std::string& to) {
  std::string text = kSmall;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return error_of([&] { (void)space_from_json(Json::parse(text)); });
}

TEST(SpaceFile, ReadsChoicesAndRanges) {
  const SearchSpace space = small();
  EXPECT_EQ(space.name, "small");
  EXPECT_EQ(space.family, "mlp");
  ASSERT_EQ(space.decisions.size(), 2U);
  EXPECT_THAT(space.decisions[0].choices, testing::ElementsAre(4, 16, 17));
  EXPECT_THAT(space.decisions[1].choices, testing::ElementsAre(1, 3, 5));
  EXPECT_EQ(space.size(), 9U);
  EXPECT_EQ(space.decision("depth"), 1U);
}

TEST(SpaceFile, RefusesWhatIsNoSpaceAndNamesTheFault) {
  EXPECT_THAT(error_with("tabjoule-space", "other"),
              AllOf(HasSubstr("3 expected a \"tabjoule-space\" file"), HasSubstr("\"other\"")));
  EXPECT_THAT(error_with("\"version\": 1", "\"version\": 2"), HasSubstr("version 2"));
  EXPECT_THAT(error_with("\"name\": \"small\"", "\"name\": 3"), HasSubstr("space: needs a text \"name\""));
  EXPECT_THAT(error_with("\"family\": \"mlp\",", ""), HasSubstr("space: needs a text \"family\""));
  EXPECT_THAT(error_with("\"family\": \"mlp\"", "\"family\": \"cnn\""),
              HasSubstr("no family is named \"cnn\" (there are: mlp"));
  EXPECT_THAT(error_with("\"decisions\"", "\"decision\""), HasSubstr("needs a list \"decisions\""));
  EXPECT_THAT(error_of([] { (void)space_from_json(Json::parse("[]")); }), HasSubstr("3 "));
}

TEST(SpaceFile, RefusesDecisionsTheFamilyDoesNotHaveOrLacks) {
  EXPECT_THAT(error_with("\"name\": \"width\"", "\"name\": \"heads\""), HasSubstr("no decision \"width\""));
  EXPECT_THAT(error_with("\"name\": \"depth\"", "\"name\": \"width\""), HasSubstr("decision \"width\" stands twice"));
  EXPECT_THAT(error_with("\"decisions\": [", R"("decisions": [{"name": "heads", "choices": [1]}, )"),
              HasSubstr("family \"mlp\" has no decision \"heads\" (it has: depth, width)"));
  EXPECT_THAT(error_with("\"decisions\": [", "\"decisions\": [7, "), HasSubstr("decisions: needs a text \"name\""));
}

TEST(SpaceFile, RefusesChoicesThatAreNoAscendingWholeNumbers) {
  const auto with_choices = [](const std::string& choices) { return error_with("[4, 16, 17]", choices); };
  EXPECT_THAT(with_choices("[]"), HasSubstr("decision \"width\": has no choices"));
  EXPECT_THAT(with_choices("[4, 4]"), HasSubstr("decision \"width\": choices must ascend"));
  EXPECT_THAT(with_choices("[8, 4]"), HasSubstr("must ascend"));
  EXPECT_THAT(with_choices("[0, 4]"), HasSubstr("whole number from 1 to 65536, not 0"));
  EXPECT_THAT(with_choices("[-4, 4]"), HasSubstr("not -4"));
  EXPECT_THAT(with_choices("[4, 8.5]"), HasSubstr("not 8.5"));
  EXPECT_THAT(with_choices("[4, 4294967300]"), HasSubstr("not 4294967300"));
  EXPECT_THAT(with_choices("[4, \"8\"]"), HasSubstr("not \"8\""));
  EXPECT_THAT(with_choices("16"), HasSubstr("\"choices\" must be a list"));
}

TEST(SpaceFile, RefusesRangesThatAreNone) {
  EXPECT_THAT(error_with("\"to\": 6", "\"to\": 0"), HasSubstr("decision \"depth\" to: expected a whole number"));
  EXPECT_THAT(error_with("\"from\": 1", "\"from\": 7"), HasSubstr("decision \"depth\": from 7 to 6 is no range"));
  EXPECT_THAT(error_with("\"step\": 2", "\"step\": 0"), HasSubstr("decision \"depth\" step: expected"));
  EXPECT_THAT(error_with(", \"step\": 2", ""), HasSubstr("there is no \"step\""));
  EXPECT_THAT(error_with("\"from\": 1", "\"from\": 1.5"), HasSubstr("not 1.5"));
}

TEST(SpaceFile, PriorsAreUniformOrGiveEveryDoublingTheSameShare) {
  const SearchSpace uniform = small();
  for (const double p : uniform.decisions[0].prior) EXPECT_DOUBLE_EQ(p, 1.0 / 3);
  const SearchSpace space = space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "log",
    "family": "mlp", "decisions": [{"name": "depth", "choices": [1, 2]},
                                   {"name": "width", "from": 1, "to": 1023, "step": 1, "prior": "log"}]})"));
  const auto& prior = space.decisions[1].prior;
  const auto share = [&](int first, int last) {
    return std::accumulate(prior.begin() + first - 1, prior.begin() + last, 0.0);
  };
  EXPECT_NEAR(share(1, 1023), 1, 1e-12);
  EXPECT_NEAR(share(128, 255), share(256, 511), 0.002);
  EXPECT_NEAR(share(256, 511), share(512, 1023), 0.002);
  EXPECT_THAT(error_with("\"step\": 2", "\"step\": 2, \"prior\": \"normal\""),
              HasSubstr("decision \"depth\": the prior is uniform or log, not \"normal\""));
  EXPECT_THAT(error_with("\"step\": 2", "\"step\": 2, \"prior\": 3"), HasSubstr("needs a text \"prior\""));
}

SearchSpace per_layer() {
  return space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "layers", "family": "mlp",
    "decisions": [{"name": "depth", "choices": [1, 2, 4]},
                  {"name": "width", "choices": [4, 8, 16], "prior": "log", "per_layer": true}]})"));
}

TEST(SpaceFile, PerLayerStandsForADecisionALayerThatAppliesWhereThereIsOne) {
  const SearchSpace space = per_layer();
  ASSERT_EQ(space.decisions.size(), 5U);
  EXPECT_EQ(space.decisions[4].name, "width4");
  EXPECT_EQ(space.decisions[4].prior, space.decisions[1].prior);
  EXPECT_FALSE(space.decisions[1].when.has_value());
  const Architecture two{{1, 2, 1, 0, 0}};
  EXPECT_TRUE(space.applies(two, 2));
  EXPECT_FALSE(space.applies(two, 3));
  EXPECT_EQ(to_text(space, two), "layers depth=2 width1=16 width2=8");
  const SearchSpace written_out = space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1,
    "name": "own", "family": "mlp", "decisions": [{"name": "depth", "choices": [1, 2]}, {"name": "width1", "choices": [8]},
    {"name": "width2", "choices": [4, 6], "when": {"decision": "depth", "at_least": 2}}]})"));
  EXPECT_EQ(written_out.size(), 3U);
}

TEST(SpaceFile, RefusesConditionsThatDoNotFit) {
  const auto error = [](const std::string& decisions) {
    return error_of([&] {
      (void)space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "s", "family": "mlp",
        "decisions": [{"name": "depth", "choices": [1, 2, 3]}, {"name": "width1", "choices": [8]},
                      {"name": "width2", "choices": [8], "when": {"decision": "depth", "at_least": 2}}, )" +
                                        decisions + "]}"));
    });
  };
  const auto third = [&](const std::string& members) {
    return error(R"({"name": "width3", "choices": [8], )" + members + "}");
  };
  EXPECT_EQ(third(R"("when": {"decision": "depth", "at_least": 3})"), "no error");
  EXPECT_THAT(third(R"("prior": "log")"), HasSubstr("\"width3\" must apply where the depth is 3 or more"));
  EXPECT_THAT(third(R"("when": {"decision": "depth", "at_least": 2})"), HasSubstr("and nowhere else"));
  EXPECT_THAT(third(R"("when": {"decision": "depth", "at_least": 4})"), HasSubstr("\"depth\" is never 4 or more"));
  EXPECT_THAT(third(R"("when": {"decision": "width4", "at_least": 1})"), HasSubstr("no decision \"width4\" stands"));
  EXPECT_THAT(third(R"("when": {"decision": "depth"})"), HasSubstr("there is no \"at_least\""));
  EXPECT_THAT(third(R"("when": {"decision": "depth", "at_most": 3, "at_least": 3})"), HasSubstr("\"at_most\""));
  EXPECT_THAT(third(R"("when": 3)"), HasSubstr("when: needs a text \"decision\""));
  EXPECT_THAT(error(R"({"name": "width", "choices": [8], "per_layer": true})"), HasSubstr("\"width1\" stands twice"));
  EXPECT_THAT(error(R"({"name": "width4", "choices": [8]})"), HasSubstr("has no decision \"width3\""));
  EXPECT_THAT(error_with("\"step\": 2", "\"step\": 2, \"per_layer\": true"), HasSubstr("needs a decision \"depth\""));
  EXPECT_THAT(error_with("[4, 16, 17]", "[4], \"per_layer\": 1"), HasSubstr("per_layer is true or false"));
  EXPECT_THAT(error_with("[4, 16, 17]", "[4], \"per_layer\": true"), HasSubstr("needs a decision \"depth\" before"));
  EXPECT_THAT(error_with("\"step\": 2", "\"step\": 2, \"piror\": \"log\""), HasSubstr("no member \"piror\""));
}

TEST(LoadSpace, KnowsTheBuiltInSpaces) {
  EXPECT_THAT(built_in_spaces(), testing::Contains("mlp"));
  for (const auto& name : built_in_spaces()) EXPECT_EQ(load_space(name).name, name);
  const SearchSpace mlp = load_space("mlp");
  EXPECT_EQ(mlp.size(), 2560U);  // the paper's: depth 1..10, width 4..1024 step 4
  EXPECT_EQ(mlp.decisions[mlp.decision("width")].choices.back(), 1024);
}

TEST(LoadSpace, ReadsAFileAndNamesItInErrors) {
  const auto path = std::filesystem::temp_directory_path() / "tabjoule_search_space_test.json";
  write_json(path, Json::parse(kSmall));
  EXPECT_EQ(load_space(path.string()).size(), 9U);
  write_json(path, Json{{"format", "tabjoule-space"}, {"version", 9}});
  EXPECT_THAT(error_of([&] { (void)load_space(path.string()); }),
              AllOf(HasSubstr("3 " + path.string() + ": version 9")));
  std::filesystem::remove(path);
  EXPECT_THAT(error_of([&] { (void)load_space("mpl"); }),
              AllOf(HasSubstr("2 \"mpl\" is neither a built-in space (mlp"), HasSubstr("nor a file")));
}

TEST(Architectures, AllAreAsManyAsTheSizeAndDiffer) {
  const SearchSpace space = small();
  const auto all = all_architectures(space);
  EXPECT_EQ(all.size(), space.size());
  EXPECT_EQ(std::set<Architecture>(all.begin(), all.end()).size(), all.size());
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(all.front(), smallest(space));
  EXPECT_EQ(all.back(), largest(space));
  EXPECT_EQ(all_architectures(load_space("mlp")).size(), 2560U);
}

TEST(Architectures, OfConditionalDecisionsAreOneANetwork) {
  const SearchSpace space = per_layer();
  const auto all = all_architectures(space);
  EXPECT_EQ(space.size(), 3U + 9U + 81U);
  EXPECT_EQ(all.size(), space.size());
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  std::set<std::string> texts;
  for (const auto& architecture : all) {
    texts.insert(to_text(space, architecture));
    EXPECT_EQ(architecture, canonical(space, architecture));
    EXPECT_EQ(architecture_from_json(space, to_json(space, architecture)), architecture);
  }
  EXPECT_EQ(texts.size(), all.size());
  Rng rng(1);
  std::set<Architecture> drawn;
  for (int i = 0; i < 10000; ++i) drawn.insert(random_architecture(space, rng));
  EXPECT_TRUE(std::includes(all.begin(), all.end(), drawn.begin(), drawn.end()));
  EXPECT_GT(drawn.size(), 80U);
  EXPECT_EQ(canonical(space, {{0, 1, 2, 2, 2}}), (Architecture{{0, 1, 0, 0, 0}}));
  const Json stray = Json::parse(R"({"depth": 1, "width1": 4, "width2": 4})");
  EXPECT_THAT(error_of([&] { (void)architecture_from_json(space, stray); }),
              HasSubstr("\"width2\", which does not apply where \"depth\" is below 2"));
}

TEST(Architectures, AreCountedUpToTheLargestNumber) {
  SearchSpace space{"many", "mlp", {}};
  for (int d = 0; d < 9; ++d) space.decisions.push_back({std::to_string(d), std::vector<int>(256), {}});
  EXPECT_EQ(space.size(), std::numeric_limits<std::uint64_t>::max());
  space.decisions.resize(7);
  EXPECT_EQ(space.size(), std::uint64_t{1} << 56);
}

TEST(Architectures, RandomOnesCoverTheSpaceEvenly) {
  const SearchSpace space = small();
  Rng rng(1);
  std::map<Architecture, int> counts;
  for (int i = 0; i < 9000; ++i) ++counts[random_architecture(space, rng)];
  EXPECT_EQ(counts.size(), 9U);
  for (const auto& [architecture, count] : counts) EXPECT_NEAR(count, 1000, 130);
}

TEST(Architectures, RandomOnesFollowThePriors) {
  SearchSpace space = small();
  space.decisions[0].prior = {0.7, 0.2, 0.1};
  Rng rng(1);
  std::array<int, 3> counts{};
  for (int i = 0; i < 10000; ++i) ++counts.at(static_cast<std::size_t>(random_architecture(space, rng).choices[0]));
  EXPECT_NEAR(counts[0], 7000, 200);
  EXPECT_NEAR(counts[1], 2000, 170);
  EXPECT_NEAR(counts[2], 1000, 130);
}

TEST(Architectures, ComeBackFromJson) {
  const SearchSpace space = small();
  for (const auto& architecture : all_architectures(space))
    EXPECT_EQ(architecture_from_json(space, Json::parse(to_text(to_json(space, architecture)))), architecture);
}

TEST(Architectures, HaveValuesNotIndicesInJsonAndText) {
  const SearchSpace space = small();
  const Architecture architecture{{1, 2}};
  EXPECT_EQ(to_json(space, architecture).dump(), R"({"space":"small","width":16,"depth":5})");
  EXPECT_EQ(to_text(space, architecture), "small width=16 depth=5");
}

TEST(Architectures, FromJsonRefusesWhatTheSpaceDoesNotHave) {
  const auto error = [](const char* text) {
    return error_of([&] { (void)architecture_from_json(small(), Json::parse(text)); });
  };
  EXPECT_THAT(error(R"({"width": 16})"), HasSubstr("3 the architecture gives no number for \"depth\""));
  EXPECT_THAT(error(R"({"width": "16", "depth": 1})"), HasSubstr("no number for \"width\""));
  EXPECT_THAT(error(R"({"width": 15, "depth": 1})"), HasSubstr("15 is no choice of \"width\" in space \"small\""));
  EXPECT_THAT(error(R"({"width": 4294967300, "depth": 1})"), HasSubstr("4294967300 is no choice"));
  EXPECT_THAT(error(R"({"space": "mlp", "width": 16, "depth": 1})"), HasSubstr("of space \"mlp\", not of \"small\""));
  EXPECT_THAT(error("[]"), HasSubstr("no number for"));
  EXPECT_EQ(error(R"({"width": 16, "depth": 1})"), "no error");
}

}  // namespace
}  // namespace tabjoule::search_space_test
