#include "table/csv_scanner.h"

#include <algorithm>

#include "base/error.h"
#include "table/cell.h"
#include "table/column_builder.h"

namespace tabjoule {

CsvScanner::CsvScanner(std::string_view bytes, const Dialect& dialect, bool keep_blank)
    : dialect_(dialect),
      keep_blank_(keep_blank),
      begin_(bytes.data()),
      at_(bytes.data() + dialect.skip),
      end_(bytes.data() + bytes.size()),
      line_(1 + dialect.skip_lines) {
  for (const char c : {dialect.delimiter, '\n', '\r', '\0'}) stops_[static_cast<unsigned char>(c)] = true;
  if (dialect.delimiter == ' ') stops_[static_cast<unsigned char>('\t')] = true;
}

/// Spaces that are no delimiter, or all of them where a run is one.
void CsvScanner::pass_spaces() {
  while (*at_ == ' ' || (*at_ == '\t' && dialect_.delimiter != '\t')) ++at_;
}

bool CsvScanner::rest_is_blank() const {
  const char* p = at_;
  while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') ++p;
  return p == end_;
}

bool CsvScanner::pass_line_end() {
  if (*at_ != '\n' && *at_ != '\r') return false;
  at_ += at_[0] == '\r' && at_[1] == '\n' ? 2 : 1;
  ++line_;
  return true;
}

std::string_view CsvScanner::plain_cell() {
  const char* first = at_;
  while (!is_stop(*at_)) ++at_;
  const char* last = at_;
  while (last > first && (last[-1] == ' ' || last[-1] == '\t')) --last;
  return {first, static_cast<std::size_t>(last - first)};
}

std::string_view CsvScanner::quoted_cell(std::size_t field) {
  const std::size_t opened_on = line_;
  const char* first = ++at_;
  std::string* unescaped = nullptr;
  for (;; ++at_) {
    if (at_ == end_) fail_input("line {}, field {}: the quote that opens here is never closed", opened_on, field);
    const bool doubled = *at_ == dialect_.quote && dialect_.escape == dialect_.quote && at_[1] == dialect_.quote;
    const bool escaped = *at_ == dialect_.escape && dialect_.escape != dialect_.quote && at_ + 1 != end_;
    if (doubled || escaped) {
      if (!unescaped) unescaped = &unescaped_.emplace_back(first, at_);
      *unescaped += *++at_;
      continue;
    }
    if (*at_ == dialect_.quote) break;
    if (*at_ == '\n' || (*at_ == '\r' && at_[1] != '\n')) ++line_;
    if (unescaped) *unescaped += *at_;
  }
  const std::string_view cell = unescaped ? std::string_view(*unescaped) : std::string_view(first, at_);
  ++at_;
  if (dialect_.delimiter != ' ') pass_spaces();
  if (!is_stop(*at_))
    fail_input("line {}, field {}: text behind the closing quote of {}; quotes inside a quoted cell are doubled", line_,
               field, shown(cell));
  return cell;
}

bool CsvScanner::next(std::vector<std::string_view>& cells) {
  cells.clear();
  unescaped_.clear();
  if (at_ == end_) return false;
  pass_spaces();
  while (!keep_blank_ && pass_line_end()) pass_spaces();
  if (at_ == end_ || (keep_blank_ && rest_is_blank())) return false;
  record_line_ = line_;
  for (;;) {
    cells.push_back(*at_ == dialect_.quote ? quoted_cell(cells.size() + 1) : plain_cell());
    if (dialect_.delimiter == ' ') {
      pass_spaces();
      if (at_ == end_ || pass_line_end()) return true;
    } else {
      if (at_ == end_ || *at_ != dialect_.delimiter) break;
      ++at_;
      pass_spaces();
    }
  }
  pass_line_end();
  return true;
}

}  // namespace tabjoule
