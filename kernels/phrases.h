// Phrases to expect, of one token or several: each occurrence in a text earns its boost.
//
// While a phrase is under way its share so far is lent, and taken back where it breaks off (Aho and Corasick 1975): so a
// beam lets it through, and no text that lacks it gains.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace ds2 {

class Phrases {
 public:
  Phrases() = default;
  Phrases(const std::vector<std::vector<int32_t>>& phrases, const std::vector<float>& boosts, std::size_t n_tokens) : hot_(n_tokens, 0) {
    if (phrases.size() != boosts.size()) throw std::length_error("phrases and boosts differ in length");
    for (std::size_t i = 0; i < phrases.size(); ++i) {
      int node = 0;
      for (std::size_t at = 0; at < phrases[i].size(); ++at) {
        const int32_t token = phrases[i][at];
        if (token < 0 || static_cast<std::size_t>(token) >= n_tokens) throw std::out_of_range("a phrase of unknown tokens");
        hot_[token] = 1;
        const auto [found, is_new] = children_.try_emplace(key(node, token), static_cast<int>(nodes_.size()));
        if (is_new) nodes_.push_back({node, token});
        node = found->second;
        const double share = boosts[i] * (at + 1.0) / phrases[i].size();
        if (at + 1 < phrases[i].size()) nodes_[node].lent = std::max(nodes_[node].lent, share);
      }
      if (node) nodes_[node].earned += boosts[i];
    }
    // Parents stand before children, but a node falls back to a shorter one that may stand behind it: by depth, then.
    std::vector<int> order(nodes_.size()), depth(nodes_.size(), 0);
    for (std::size_t node = 0; node < nodes_.size(); ++node) order[node] = static_cast<int>(node), depth[node] = node ? depth[nodes_[node].parent] + 1 : 0;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return depth[a] < depth[b]; });
    for (int at : order) {
      Node& node = nodes_[at];
      if (!at) continue;
      if (node.parent) node.fall_back = child(nodes_[node.parent].fall_back, node.token);
      node.earned += nodes_[node.fall_back].earned;
      node.lent = std::max(node.lent, nodes_[node.fall_back].lent);
      best_ = std::max(best_, node.earned + node.lent);
    }
  }

  bool empty() const { return nodes_.size() == 1; }
  bool is_hot(int token) const { return token >= 0 && static_cast<std::size_t>(token) < hot_.size() && hot_[token]; }
  double best() const { return best_; }                        // no token gains more
  double lent(int node) const { return nodes_[node].lent; }    // taken back where the text ends here

  // What a token gains after a node, which becomes the one after it.
  double step(int& node, int token) const {
    const double before = nodes_[node].lent;
    node = is_hot(token) ? child(node, token) : 0;
    return nodes_[node].lent + nodes_[node].earned - before;
  }
  double first_gain(int token) const {  // of a token after nothing
    int node = 0;
    return empty() ? 0.0 : step(node, token);
  }

 private:
  struct Node {
    int32_t parent = 0, token = -1, fall_back = 0;
    double lent = 0.0, earned = 0.0;  // of phrases under way; of phrases that end here
  };

  static uint64_t key(int node, int32_t token) { return static_cast<uint64_t>(node) << 32 | static_cast<uint32_t>(token); }

  int child(int node, int32_t token) const {
    for (;; node = nodes_[node].fall_back) {
      const auto found = children_.find(key(node, token));
      if (found != children_.end()) return found->second;
      if (!node) return 0;
    }
  }

  std::vector<Node> nodes_{1};
  std::vector<uint8_t> hot_;
  std::unordered_map<uint64_t, int> children_;
  double best_ = 0.0;
};

}  // namespace ds2
