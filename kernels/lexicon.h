// The words that a model knows, as a trie over units: which letters may follow, and which word ends here.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ds2 {

class Lexicon {
 public:
  static constexpr int kRoot = 0, kNone = -1;

  // units: the names in order of index, the blank first (it spells nothing); words that the units cannot spell are left out
  Lexicon(const std::vector<std::string>& units, const std::vector<std::string>& words) {
    for (std::size_t i = 1; i < units.size(); ++i) {
      unit_index_.emplace(units[i], static_cast<int>(i));
      longest_ = std::max(longest_, units[i].size());
    }
    add_node(kNone, 0);
    std::unordered_map<uint64_t, int> children;
    std::vector<int> spelling;
    for (std::size_t w = 0; w < words.size(); ++w) {
      if (!spell(words[w], spelling)) continue;
      int node = kRoot;
      for (int unit : spelling) {
        const auto [found, is_new] = children.try_emplace(static_cast<uint64_t>(node) << 32 | static_cast<uint32_t>(unit), size());
        if (is_new) add_node(node, unit);
        node = found->second;
      }
      word_[node] = static_cast<int>(w);
      ++spelled_;
    }
    link_children();
  }

  int size() const { return static_cast<int>(parent_.size()); }
  int spelled() const { return spelled_; }
  int word(int node) const { return word_[node]; }  // the index of the word that ends here, or kNone
  int parent(int node) const { return parent_[node]; }

  int child(int node, int unit) const {
    const int* begin = labels_.data() + first_[node];
    const int* end = labels_.data() + first_[node + 1];
    const int* found = end - begin > 8 ? std::lower_bound(begin, end, unit) : std::find(begin, end, unit);
    return found != end && *found == unit ? nodes_[found - labels_.data()] : kNone;
  }

  // The children of a node stand side by side, in order of unit: [first, last).
  std::pair<int, int> children(int node) const { return {first_[node], first_[node + 1]}; }
  int child_unit(int at) const { return labels_[at]; }
  int child_node(int at) const { return nodes_[at]; }

  // Greedily the longest unit that fits, as text.Units cuts it.
  bool spell(std::string_view word, std::vector<int>& out) const {
    out.clear();
    for (std::size_t at = 0; at < word.size();) {
      std::size_t length = std::min(longest_, word.size() - at);
      for (; length; --length) {
        const auto found = unit_index_.find(std::string(word.substr(at, length)));
        if (found == unit_index_.end()) continue;
        out.push_back(found->second);
        break;
      }
      if (!length) return false;
      at += length;
    }
    return !out.empty();
  }

 private:
  void add_node(int parent, int unit) {
    parent_.push_back(parent);
    unit_.push_back(unit);
    word_.push_back(kNone);
  }

  void link_children() {  // children side by side, in order of unit
    std::vector<int> order(size() - 1);
    for (int i = 0; i < size() - 1; ++i) order[i] = i + 1;
    std::sort(order.begin(), order.end(), [&](int a, int b) { return std::pair(parent_[a], unit_[a]) < std::pair(parent_[b], unit_[b]); });
    first_.assign(size() + 1, 0);
    for (int node : order) ++first_[parent_[node] + 1];
    for (int i = 0; i < size(); ++i) first_[i + 1] += first_[i];
    for (int node : order) labels_.push_back(unit_[node]), nodes_.push_back(node);
  }

  std::unordered_map<std::string, int> unit_index_;
  std::size_t longest_ = 0;
  int spelled_ = 0;
  std::vector<int> parent_, unit_, word_;     // by node; a parent's number is below its children's
  std::vector<int> first_, labels_, nodes_;   // children of n: [first_[n], first_[n + 1])
};

}  // namespace ds2
