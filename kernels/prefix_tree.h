// The prefixes that the beam has seen, as a tree; a node keeps what the language model said of it.
#pragma once

#include "scorer.h"

namespace ds2 {

struct Prefix {
  int32_t parent;
  int32_t unit;         // the last unit; at the root: the space where there are words, else -1
  int32_t letters;      // of the unfinished word
  int32_t lexicon;      // where in the lexicon the unfinished word stands
  int32_t state;        // the model's state after the last finished token
  int32_t slot;         // its place in the beam, or -1
  double gain;          // of all finished tokens
  double word_gain;     // of ending the word here; NaN until asked
};

class PrefixTree {
 public:
  explicit PrefixTree(const Scorer& scorer) : scorer_(scorer), table_(1 << 12, -1) {
    states_.push_back(scorer.begin());
    nodes_.push_back({-1, scorer.space(), 0, scorer.lexicon_root(), 0, 0, 0.0, unknown()});
  }

  Prefix& operator[](int node) { return nodes_[node]; }
  const Prefix& operator[](int node) const { return nodes_[node]; }
  const State& state(int index) const { return states_[index]; }
  std::size_t size() const { return nodes_.size(); }

  int find(int parent, int unit) const {  // the child, or -1
    for (uint64_t at = hash(parent, unit);; ++at) {
      const int node = table_[at & (table_.size() - 1)];
      if (node < 0 || (nodes_[node].parent == parent && nodes_[node].unit == unit)) return node;
    }
  }

  int find_or_add(int parent, int unit) {
    const int found = find(parent, unit);
    return found >= 0 ? found : add(parent, unit);
  }

  // The gain of ending the unfinished word of a node; the model is asked once, as the same words end in many frames.
  double word_gain(int node) {
    if (std::isnan(nodes_[node].word_gain)) {
      State ignored;
      nodes_[node].word_gain = end_word(node, ignored);
    }
    return nodes_[node].word_gain;
  }

  double end_word(int node, State& after) const {
    const Prefix& prefix = nodes_[node];
    return scorer_.end_word(prefix.lexicon, prefix.letters, states_[prefix.state], after);
  }

  bool is_inside_word(int node) const { return scorer_.has_words() && nodes_[node].unit != scorer_.space(); }

  double look(int node) const { return is_inside_word(node) ? scorer_.look(nodes_[node].lexicon, nodes_[node].letters) : 0.0; }

  // Keep the given nodes and their ancestors; `renamed` gives every node's new number, or -1.
  void keep_only(const std::vector<int>& wanted, std::vector<int>& renamed) {
    renamed.assign(nodes_.size(), -1);
    for (int node : wanted)
      for (; node >= 0 && renamed[node] < 0; node = nodes_[node].parent) renamed[node] = 0;
    std::vector<int32_t> state_names(states_.size(), -1);
    std::vector<State> states;
    auto kept_state = [&](int32_t state) {
      if (state_names[state] < 0) state_names[state] = static_cast<int32_t>(states.size()), states.push_back(states_[state]);
      return state_names[state];
    };
    std::size_t kept = 0;
    for (std::size_t node = 0; node < nodes_.size(); ++node) {  // a parent's number is below its children's
      if (renamed[node] < 0) continue;
      Prefix prefix = nodes_[node];
      if (prefix.parent >= 0) prefix.parent = renamed[prefix.parent];
      prefix.state = kept_state(prefix.state);
      renamed[node] = static_cast<int>(kept);
      nodes_[kept++] = prefix;
    }
    nodes_.resize(kept);
    states_ = std::move(states);
    rebuild(table_.size());
  }

 private:
  static double unknown() { return std::numeric_limits<double>::quiet_NaN(); }

  static uint64_t hash(int parent, int unit) {
    const uint64_t key = (static_cast<uint64_t>(static_cast<uint32_t>(parent)) << 16 ^ static_cast<uint32_t>(unit)) * 0x9E3779B97F4A7C15ULL;
    return key >> 32;
  }

  int32_t keep_state(const State& state) {
    if (!scorer_.model()) return 0;
    states_.push_back(state);
    return static_cast<int32_t>(states_.size()) - 1;
  }

  int add(int parent, int unit) {
    Prefix child{parent, unit, 0, Lexicon::kNone, nodes_[parent].state, -1, nodes_[parent].gain, unknown()};
    if (!scorer_.has_words()) {
      State after{};
      child.gain += scorer_.add_unit(unit, states_[child.state], after);
      child.state = keep_state(after);
    } else if (unit == scorer_.space()) {
      State after{};
      child.gain += end_word(parent, after);
      child.state = keep_state(after);
      child.lexicon = scorer_.lexicon_root();
    } else {
      child.lexicon = scorer_.lexicon_child(nodes_[parent].lexicon, unit);
      child.letters = nodes_[parent].letters + 1;
    }
    const int node = static_cast<int>(nodes_.size());
    nodes_.push_back(child);
    if (2 * nodes_.size() > table_.size()) rebuild(4 * table_.size());
    else enter(node);
    return node;
  }

  void enter(int node) {
    uint64_t at = hash(nodes_[node].parent, nodes_[node].unit);
    while (table_[at & (table_.size() - 1)] >= 0) ++at;
    table_[at & (table_.size() - 1)] = node;
  }

  void rebuild(std::size_t size) {
    table_.assign(size, -1);
    for (std::size_t node = 1; node < nodes_.size(); ++node) enter(static_cast<int>(node));
  }

  const Scorer& scorer_;
  std::vector<Prefix> nodes_;
  std::vector<State> states_;
  std::vector<int32_t> table_;  // open addressing over (parent, unit); its size is a power of two
};

}  // namespace ds2
