// The pieces of an ARFF file: its lines, its values, its attribute declarations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tabjoule {

enum class ArffType { number, nominal, text, date };

struct ArffAttribute {
  std::string name;
  ArffType type = ArffType::text;
  std::vector<std::string> levels;  ///< nominal, as declared
};

/// The lines of an ARFF text that are neither blank nor comments, trimmed. Lines end with LF, CR LF or CR.
class ArffLines {
 public:
  explicit ArffLines(std::string_view bytes) : rest_(bytes) {}
  bool next(std::string_view& line);
  [[nodiscard]] std::size_t number() const { return number_; }  ///< of the last line, from 1

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

struct ArffValue {
  std::string text;
  bool quoted = false;
  [[nodiscard]] bool missing() const { return !quoted && (text == "?" || text.empty()); }
};

/// Takes the next value from the front of `rest`, up to one of `ends` (which stays) or the end. Quotes are single
/// or double, with backslashes inside. Errors (input): a quote that is never closed, text behind a closing one.
[[nodiscard]] ArffValue take_arff_value(std::string_view& rest, std::string_view ends);

/// Reads up to and including "@data". Errors (input).
[[nodiscard]] std::vector<ArffAttribute> read_arff_header(ArffLines& lines);

}  // namespace tabjoule
