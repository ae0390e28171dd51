// The words that may be said, as a trie over symbols: which units may follow, and which words end here.
//
// A word may have several spellings, and a spelling several words (homophones); where units hold several symbols, every way
// of cutting a spelling into them leads through the same nodes.
#pragma once

#include <string>
#include <tuple>

#include "alphabet.h"

namespace ds2 {

class Lexicon {
 public:
  static constexpr int kRoot = 0, kNone = -1;
  struct Ending {
    int32_t word;
    float log_weight;  // of this spelling of the word, natural log
  };
  struct Spelling {
    int32_t node;
    float log_weight;
  };

  Lexicon(const Alphabet& alphabet, int n_words) : alphabet_(alphabet), n_words_(n_words) { add_node(kNone, Alphabet::kNone); }

  // One more spelling of a word; false where the units cannot spell it.
  bool add(int word, const std::vector<int32_t>& symbols, float log_weight) {
    if (word < 0 || word >= n_words_) throw std::out_of_range("a spelling of a word that is not there");
    if (!alphabet_.spells(symbols)) return false;
    int node = kRoot;
    for (int32_t symbol : symbols) {
      const auto [found, is_new] = children_.try_emplace(key(node, symbol), size());
      if (is_new) add_node(node, symbol);
      node = found->second;
    }
    pairs_.push_back({node, word, log_weight});
    return true;
  }

  void seal() {  // no more words
    link_words();
    link_units();
    if (alphabet_.single()) children_ = {};
  }

  int size() const { return static_cast<int>(parent_.size()); }
  int n_words() const { return n_words_; }
  int spelled() const { return spelled_; }
  int max_spellings() const { return max_spellings_; }
  int parent(int node) const { return parent_[node]; }
  int32_t symbol(int node) const { return symbol_[node]; }
  int depth(int node) const { return depth_[node]; }

  // The words that end at a node, and the nodes at which a word ends: [first, last)
  std::pair<const Ending*, const Ending*> words(int node) const { return {endings_.data() + first_ending_[node], endings_.data() + first_ending_[node + 1]}; }
  bool has_word(int node) const { return first_ending_[node] < first_ending_[node + 1]; }
  std::pair<const Spelling*, const Spelling*> spellings(int word) const {
    return {spellings_.data() + first_spelling_[word], spellings_.data() + first_spelling_[word + 1]};
  }
  int letters(int word) const { return letters_[word]; }  // of its shortest spelling

  // The children of a node by units without a word's mark stand side by side, in order of unit: [first, last).
  std::pair<int, int> children(int node) const { return {first_[node], first_[node + 1]}; }
  int n_edges() const { return static_cast<int>(labels_.size()); }
  int child_unit(int at) const { return labels_[at]; }
  int child_node(int at) const { return nodes_[at]; }
  int child(int node, int unit) const {
    const int* begin = labels_.data() + first_[node];
    const int* end = labels_.data() + first_[node + 1];
    const int* found = end - begin > 8 ? std::lower_bound(begin, end, unit) : std::find(begin, end, unit);
    return found != end && *found == unit ? nodes_[found - labels_.data()] : kNone;
  }
  // Where a unit that begins a word without a space leads, or kNone; any unit may begin one after a word that is one unit.
  int enter(int unit, bool after_alone = false) const { return enter_[unit] < 0 && after_alone ? child(kRoot, unit) : enter_[unit]; }
  int symbol_child(int node, int32_t symbol) const {  // where units hold one symbol, `child` is asked instead
    const auto found = children_.find(key(node, symbol));
    return found == children_.end() ? kNone : found->second;
  }

 private:
  static uint64_t key(int node, int32_t symbol) { return static_cast<uint64_t>(node) << 32 | static_cast<uint32_t>(symbol); }

  void add_node(int parent, int32_t symbol) {
    parent_.push_back(parent);
    symbol_.push_back(symbol);
    depth_.push_back(parent < 0 ? 0 : depth_[parent] + 1);
  }

  struct Pair {
    int32_t node, word;
    float log_weight;
  };

  void link_words() {
    std::sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) { return std::tie(a.node, a.word, b.log_weight) < std::tie(b.node, b.word, a.log_weight); });
    const auto same = [](const Pair& a, const Pair& b) { return a.node == b.node && a.word == b.word; };
    pairs_.erase(std::unique(pairs_.begin(), pairs_.end(), same), pairs_.end());
    first_ending_.assign(size() + 1, 0);
    first_spelling_.assign(n_words_ + 1, 0);
    letters_.assign(n_words_, 0);
    for (const Pair& pair : pairs_) {
      ++first_ending_[pair.node + 1], ++first_spelling_[pair.word + 1];
      endings_.push_back({pair.word, pair.log_weight});
      int& letters = letters_[pair.word];
      letters = letters ? std::min(letters, depth_[pair.node]) : depth_[pair.node];
    }
    for (int node = 0; node < size(); ++node) first_ending_[node + 1] += first_ending_[node];
    for (int word = 0; word < n_words_; ++word) {
      const int count = first_spelling_[word + 1];
      spelled_ += count > 0, max_spellings_ = std::max(max_spellings_, count);
      first_spelling_[word + 1] += first_spelling_[word];
    }
    spellings_.resize(pairs_.size());
    std::vector<int> at(first_spelling_.begin(), first_spelling_.end());
    for (const Pair& pair : pairs_) spellings_[at[pair.word]++] = {pair.node, pair.log_weight};
    pairs_ = {};
  }

  void link_units() {  // edges side by side, in order of unit
    struct Edge {
      int from, unit, to;
    };
    std::vector<Edge> edges;
    enter_.assign(alphabet_.n_units(), kNone);
    for (int node = 1; node < size(); ++node) {
      int back[2] = {node, 0};  // the node whose symbol is asked for, and how far from the end it is
      const auto symbol = [&](std::size_t i) {
        if (i < static_cast<std::size_t>(back[1])) back[0] = node, back[1] = 0;
        for (; back[1] < static_cast<int>(i); ++back[1])
          if (back[0]) back[0] = parent_[back[0]];
        return symbol_[back[0]];
      };
      alphabet_.units_ending(symbol, [&](int unit, int length) {
        int from = node;
        for (int i = 0; i < length; ++i) from = parent_[from];
        if (alphabet_.begins(unit) || (alphabet_.joined() && from == kRoot)) enter_[unit] = node;
        if (!alphabet_.begins(unit)) edges.push_back({from, unit, node});
      });
    }
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return std::tie(a.from, a.unit) < std::tie(b.from, b.unit); });
    first_.assign(size() + 1, 0);
    for (const Edge& edge : edges) {
      ++first_[edge.from + 1];
      labels_.push_back(edge.unit), nodes_.push_back(edge.to);
    }
    for (int node = 0; node < size(); ++node) first_[node + 1] += first_[node];
  }

  const Alphabet& alphabet_;
  int n_words_, spelled_ = 0, max_spellings_ = 0;
  std::unordered_map<uint64_t, int> children_;  // by symbol; kept where units hold several
  std::vector<int> parent_, depth_;             // by node; a parent's number is below its children's
  std::vector<int32_t> symbol_;
  std::vector<Pair> pairs_;
  std::vector<int> first_ending_, first_spelling_, letters_;
  std::vector<Ending> endings_;
  std::vector<Spelling> spellings_;
  std::vector<int> first_, labels_, nodes_;  // edges from n: [first_[n], first_[n + 1])
  std::vector<int> enter_;
};

}  // namespace ds2
