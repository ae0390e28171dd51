// What units are made of: symbols (code points; where units are written apart, the units themselves), and marks of words.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ds2 {

class Alphabet {
 public:
  static constexpr int kNone = -1;

  // bodies: the symbols of each unit without its mark; none for the blank, and for a unit that is nothing but the mark
  // begins: whether a unit carries the mark of a word's beginning
  // space:  the unit that is nothing but the mark, or kNone
  // joined: words stand side by side without a mark, and only a lexicon tells where they end
  // alone:  units of one symbol that are a word each, with or without a space beside it (Chinese characters among letters)
  Alphabet(std::vector<std::vector<int32_t>> bodies, std::vector<uint8_t> begins, int space, bool joined, const std::vector<int>& alone)
      : bodies_(std::move(bodies)), begins_(std::move(begins)), space_(space), joined_(joined) {
    if (bodies_.size() != begins_.size() || space >= n_units()) throw std::length_error("bodies and begins differ in length");
    for (int unit : alone) {
      if (bodies_.at(unit).size() != 1) throw std::length_error("a unit that is a word has one symbol");
      begins_[unit] = 1;
      alone_.insert(bodies_[unit][0]);
    }
    for (int unit = 1; unit < n_units(); ++unit) {
      longest_ = std::max(longest_, bodies_[unit].size());
      if (bodies_[unit].empty()) continue;
      int node = 0;  // of the trie of bodies, read backwards
      for (std::size_t i = bodies_[unit].size(); i--;) {
        const auto [found, is_new] = backwards_.try_emplace(key(node, bodies_[unit][i]), static_cast<int>(units_at_.size()));
        if (is_new) units_at_.emplace_back();
        node = found->second;
      }
      units_at_[node].push_back(unit);
    }
    single_ = longest_ <= 1 && std::none_of(begins_.begin(), begins_.end(), [](uint8_t b) { return b; });
  }

  int n_units() const { return static_cast<int>(bodies_.size()); }
  const std::vector<int32_t>& body(int unit) const { return bodies_[unit]; }
  int length(int unit) const { return static_cast<int>(bodies_[unit].size()); }
  bool begins(int unit) const { return begins_[unit]; }
  bool has_alone() const { return !alone_.empty(); }
  bool is_alone(int32_t symbol) const { return has_alone() && alone_.count(symbol); }
  int space() const { return space_; }
  bool joined() const { return joined_; }
  bool single() const { return single_; }  // a text is cut into units in one way
  int longest() const { return static_cast<int>(longest_); }

  // The units whose bodies a text ends with. `symbol(i)` is its i-th symbol from the end, kNone at its beginning.
  template <class Symbol, class Take> void units_ending(Symbol symbol, Take take) const {
    int node = 0;
    for (std::size_t i = 0; i < longest_; ++i) {
      const int32_t next = symbol(i);
      if (next == kNone) return;
      const auto found = backwards_.find(key(node, next));
      if (found == backwards_.end()) return;
      node = found->second;
      for (int unit : units_at_[node])
        if (!begins_[unit] || symbol(i + 1) == kNone) take(unit, static_cast<int>(i) + 1);
    }
  }

  // Whether some cut into units spells the symbols of a word.
  bool spells(const std::vector<int32_t>& word) const {
    if (word.size() > 1 && std::any_of(word.begin(), word.end(), [&](int32_t symbol) { return is_alone(symbol); })) return false;
    std::vector<uint8_t> reached(word.size() + 1, 0);
    reached[0] = 1;
    for (std::size_t at = 1; at <= word.size(); ++at) {
      const auto symbol = [&](std::size_t i) { return i < at ? word[at - 1 - i] : kNone; };
      units_ending(symbol, [&](int, int length) { reached[at] |= reached[at - length]; });
    }
    return !word.empty() && reached[word.size()];
  }

 private:
  static uint64_t key(int node, int32_t symbol) { return static_cast<uint64_t>(node) << 32 | static_cast<uint32_t>(symbol); }

  std::vector<std::vector<int32_t>> bodies_;
  std::vector<uint8_t> begins_;
  int space_;
  bool joined_, single_ = true;
  std::size_t longest_ = 0;
  std::unordered_set<int32_t> alone_;  // symbols
  std::unordered_map<uint64_t, int> backwards_;
  std::vector<std::vector<int>> units_at_{1};
};

}  // namespace ds2
