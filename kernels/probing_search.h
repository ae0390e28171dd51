// n-grams found in KenLM's hash tables: what BackoffModel asks, from the bytes of a probing file.
#pragma once

#include "probing_layout.h"

namespace ds2 {

struct Weights {
  float probability, backoff;
};

template <std::size_t Extra> class ProbingSearch {
 public:
  // What is known of the n-gram found so far: its key, and whether a longer one ends in it.
  struct Node {
    uint64_t key;
    bool extends;
  };

  // throws std::invalid_argument where the file is cut short
  ProbingSearch(const uint8_t* bytes, std::size_t size, const FileHeader& header)
      : layout_(header.counts, header.multiplier), tables_(const_cast<uint8_t*>(bytes), layout_) {
    if (size < layout_.words)
      throw std::invalid_argument("it is cut short: " + std::to_string(size) + " of at least " + std::to_string(layout_.words) + " bytes");
    if (load<uint32_t>(bytes + layout_.vocabulary)) throw std::invalid_argument("its vocabulary has another version than KenLM's last");
    bound_ = load<uint32_t>(bytes + layout_.vocabulary + 4);
    if (!bound_ || bound_ > layout_.counts[0] + 1) throw std::invalid_argument("its vocabulary does not fit its header");
  }

  std::size_t words_begin() const { return layout_.words; }
  uint32_t bound() const { return bound_; }

  uint32_t index(uint64_t hash) const {
    const uint8_t* entry = tables_.vocabulary.find(hash);
    return entry ? load<uint32_t>(entry + 8) : 0;
  }

  Weights unigram(uint32_t word, Node& node) const {
    const uint8_t* entry = tables_.unigrams + std::size_t{word} * (kUnigramEntry + Extra);
    node.key = word;
    return read(entry, node);
  }

  // The n-gram of order n that ends in the node's, one word older; true where there is one.
  bool middle(int n, uint32_t older, Node& node, Weights& found) const {
    node.key = mix_word(node.key, older);
    const uint8_t* entry = tables_.middles[n - 2].find(node.key);
    if (!entry) return false;
    found = read(entry + 8, node);
    return true;
  }

  bool longest(uint32_t older, const Node& node, float& probability) const {
    const uint8_t* entry = tables_.longest.find(mix_word(node.key, older));
    if (entry) probability = load<float>(entry + 8);
    return entry;
  }

 private:
  static Weights read(const uint8_t* at, Node& node) {
    const uint32_t bits = load<uint32_t>(at);
    node.extends = !(bits >> 31);
    const uint32_t negative = bits | uint32_t{1} << 31;
    return {load<float>(reinterpret_cast<const uint8_t*>(&negative)), load<float>(at + 4)};
  }

  ProbingLayout<Extra> layout_;
  ProbingTables<Extra> tables_;
  uint32_t bound_;
};

}  // namespace ds2
