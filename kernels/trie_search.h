// n-grams found in KenLM's tries: what BackoffModel asks, from the bytes of a trie file of any of its four types.
//
//   vocabulary   number of words without <unk>, then murmur(word) of each, in order; the id is the place + 1
//   quantisation (quantised types) version, bits of probabilities and of backoffs, padding to 8 bytes; then per order from 2
//                on a table of probabilities and, but for the highest order, one of backoffs: float32 of every code
//   unigrams     (probability, backoff, next) by id, 16 bytes; next is where its bigrams begin, those of id + 1 where they end
//   middle       per order 2 .. N-1 entries of as many bits as needed: the oldest word, the weights, next in the order above
//   longest      the highest order: the oldest word, the probability
//
// An n-gram is found from its newest word backwards; the entries of one node stand in order of their word. Weights are 31
// bits of probability (the sign is known) and 32 of backoff, or codes: the backoff's, then the probability's. In array types
// the high bits of `next` are not in the entry: they are the number of array elements that are at most the entry's place,
// less one (Raj and Whittaker 2003, "Lossless Compression of Language Model Structure and Word Identifiers").
// Whatever was read is checked before it leads to another place; where it cannot be right, DamagedModel is thrown.
#pragma once

#include "probing_search.h"

namespace ds2 {

inline int bits_for(uint64_t largest) {
  int bits = 0;
  for (; largest; largest >>= 1) ++bits;
  return bits;
}

// At most 57 bits from a bit's place; eight bytes from there on must be readable.
inline uint64_t read_bits(const uint8_t* base, uint64_t bit, uint64_t mask) { return (load<uint64_t>(base + (bit >> 3)) >> (bit & 7)) & mask; }

inline float to_float(uint32_t bits) { return load<float>(reinterpret_cast<const uint8_t*>(&bits)); }

constexpr uint64_t kLowest32 = 0xffffffffu;
constexpr std::size_t kTrieUnigramEntry = 16, kQuantisationHead = 8;

// The entries of one order, packed: sorted by word within each node.
struct PackedEntries {
  const uint8_t* base = nullptr;
  uint64_t count = 0, largest_word = 0, word_mask = 0;
  int word_bits = 0, entry_bits = 0;

  static std::size_t bytes(uint64_t count, uint64_t largest_word, int other_bits) {
    const uint64_t entry = bits_for(largest_word) + other_bits;
    return ((1 + count) * entry + 7) / 8 + 8;  // one entry more, whose `next` is an end; slack for reads of eight bytes
  }

  PackedEntries() = default;
  PackedEntries(const uint8_t* at, uint64_t count, uint64_t largest_word, int other_bits)
      : base(at), count(count), largest_word(largest_word), word_bits(bits_for(largest_word)), entry_bits(word_bits + other_bits) {
    word_mask = (uint64_t{1} << word_bits) - 1;
  }

  // The place of a word among entries [begin, end), by interpolation: ids are spread evenly, for they are hashes' ranks.
  bool find(uint64_t begin, uint64_t end, uint64_t word, uint64_t& place) const {
    uint64_t low = 0, high = largest_word;  // what stands between them is not outside [low, high], nor is the word
    if (word > high) return false;
    while (begin < end) {
      const uint64_t width = end - begin;
      place = begin + (width >> 32 ? width / 2 : (word - low) * width / (high - low + 1));
      const uint64_t here = read_bits(base, place * entry_bits, word_mask);
      if (here == word) return true;
      if (here < word) begin = place + 1, low = here;
      else end = place, high = std::min(here, high);
    }
    return false;
  }

  uint64_t after_word(uint64_t place) const { return place * entry_bits + word_bits; }  // the bit
};

// The high bits of `next`, where a file keeps them in an array; the low bits stand in the entry.
struct PointerArray {
  const uint8_t* begin = nullptr;
  uint64_t count = 0;
  int low_bits = 0;

  // KenLM's choice: the number of high bits, at most `limit`, that makes array and entries smallest.
  static int high_bits(uint64_t entries, uint64_t largest_next, int limit) {
    const int all = bits_for(largest_next);
    int best = 0;
    int64_t lowest = INT64_MAX;
    for (int high = 0; high <= std::min(all, limit); ++high) {
      const int64_t change = static_cast<int64_t>((largest_next >> (all - high)) * 64) - static_cast<int64_t>(entries * static_cast<uint64_t>(high));
      if (change < lowest) lowest = change, best = high;
    }
    return best;
  }

  static uint64_t length(uint64_t entries, uint64_t largest_next, int limit) {
    return (largest_next >> (bits_for(largest_next) - high_bits(entries, largest_next, limit))) + 1;
  }

  static std::size_t bytes(uint64_t entries, uint64_t largest_next, int limit) { return 8 * (1 + length(entries, largest_next, limit)) + 7; }

  // How many elements are at most `place`.
  uint64_t up_to(uint64_t place) const {
    uint64_t low = 0, high = count;
    while (low < high) {
      const uint64_t middle = (low + high) / 2;
      if (load<uint64_t>(begin + 8 * middle) <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
};

template <bool Quantised, bool Arrays> class TrieSearch {
 public:
  // The entries of the order above that end in the n-gram found so far: [begin, end).
  struct Node {
    uint64_t begin, end;
    bool extends;
  };

  // throws std::invalid_argument where the file is cut short, or its heads make no sense
  TrieSearch(const uint8_t* bytes, std::size_t size, const FileHeader& header) : counts_(header.counts) {
    uint64_t at = header.size();
    vocabulary_ = bytes + at + 8;
    at += 8 + 8 * counts_[0];
    at = lay_quantisation(bytes, size, at);
    unigrams_ = bytes + at;
    at += (counts_[0] + 2) * kTrieUnigramEntry;
    if (Arrays && counts_.size() > 2) {
      need(at + 2, size);
      if (bytes[at]) throw std::invalid_argument("its array compression has another version than KenLM's last");
      array_limit_ = bytes[at + 1];
    }
    for (std::size_t n = 1; n + 1 < counts_.size(); ++n) at = lay_middle(bytes, at, counts_[n], counts_[n + 1], n - 1);
    longest_ = PackedEntries(bytes + at, counts_.back(), counts_[0], longest_bits());
    at += PackedEntries::bytes(counts_.back(), counts_[0], longest_bits());
    need(at, size);
    words_begin_ = at;
    const uint64_t n_hashes = load<uint64_t>(vocabulary_ - 8);
    if (n_hashes > counts_[0] || n_hashes >= kLowest32) throw std::invalid_argument("its vocabulary does not fit its header");
    bound_ = static_cast<uint32_t>(n_hashes + 1);
  }

  std::size_t words_begin() const { return words_begin_; }
  uint32_t bound() const { return bound_; }

  uint32_t index(uint64_t hash) const {
    uint64_t low = 0, high = bound_ - 1;
    while (low < high) {
      const uint64_t middle = (low + high) / 2, here = load<uint64_t>(vocabulary_ + 8 * middle);
      if (here == hash) return static_cast<uint32_t>(middle + 1);
      if (here < hash) low = middle + 1;
      else high = middle;
    }
    return 0;
  }

  Weights unigram(uint32_t word, Node& node) const {
    const uint8_t* entry = unigrams_ + std::size_t{word} * kTrieUnigramEntry;
    set(node, load<uint64_t>(entry + 8), load<uint64_t>(entry + kTrieUnigramEntry + 8), counts_[1]);
    return {load<float>(entry), load<float>(entry + 4)};
  }

  bool middle(int n, uint32_t older, Node& node, Weights& found) const {
    const Middle& order = middles_[n - 2];
    uint64_t place;
    if (!order.entries.find(node.begin, node.end, older, place)) return false;
    const uint64_t bit = order.entries.after_word(place);
    if constexpr (Quantised) {
      const uint64_t backoff = read_bits(order.entries.base, bit, order.backoff_mask);
      const uint64_t probability = read_bits(order.entries.base, bit + backoff_bits_, longest_mask_);
      found = {load<float>(order.probabilities + 4 * probability), load<float>(order.backoffs + 4 * backoff)};
    } else {
      found.probability = to_float(static_cast<uint32_t>(read_bits(order.entries.base, bit, kLowest32 >> 1)) | uint32_t{1} << 31);
      found.backoff = to_float(static_cast<uint32_t>(read_bits(order.entries.base, bit + 31, kLowest32)));
    }
    set_next(order, place, bit + weight_bits(), node);
    return true;
  }

  bool longest(uint32_t older, const Node& node, float& probability) const {
    uint64_t place;
    if (!longest_.find(node.begin, node.end, older, place)) return false;
    const uint64_t bits = read_bits(longest_.base, longest_.after_word(place), longest_mask_);
    if constexpr (Quantised) probability = load<float>(longest_probabilities_ + 4 * bits);
    else probability = to_float(static_cast<uint32_t>(bits) | uint32_t{1} << 31);
    return true;
  }

 private:
  struct Middle {
    PackedEntries entries;
    PointerArray pointers;
    uint64_t next_mask, backoff_mask, n_next;
    const uint8_t *probabilities, *backoffs;
  };

  static void need(uint64_t at_least, std::size_t size) {
    if (at_least > size)
      throw std::invalid_argument("it is cut short: " + std::to_string(size) + " of at least " + std::to_string(at_least) + " bytes");
  }

  int weight_bits() const { return Quantised ? probability_bits_ + backoff_bits_ : 63; }
  int longest_bits() const { return Quantised ? probability_bits_ : 31; }

  uint64_t lay_quantisation(const uint8_t* bytes, std::size_t size, uint64_t at) {
    need(at + kQuantisationHead, size);
    longest_mask_ = kLowest32 >> 1;
    if (!Quantised) return at;
    if (bytes[at] != 2) throw std::invalid_argument("its quantisation has another version than KenLM's last");
    probability_bits_ = bytes[at + 1], backoff_bits_ = bytes[at + 2];
    if (!probability_bits_ || probability_bits_ > 25 || !backoff_bits_ || backoff_bits_ > 25)
      throw std::invalid_argument("its quantisation has " + std::to_string(probability_bits_) + " and " + std::to_string(backoff_bits_) + " bits, where 1 to 25 can be");
    longest_mask_ = (uint64_t{1} << probability_bits_) - 1;
    tables_ = bytes + at + kQuantisationHead;
    const std::size_t of_one = (std::size_t{4} << probability_bits_) + (std::size_t{4} << backoff_bits_);
    longest_probabilities_ = tables_ + (counts_.size() - 2) * of_one;
    return at + kQuantisationHead + (counts_.size() - 2) * of_one + (std::size_t{4} << probability_bits_);
  }

  uint64_t lay_middle(const uint8_t* bytes, uint64_t at, uint64_t count, uint64_t n_next, std::size_t number) {
    Middle order{};
    order.n_next = n_next;
    int next_bits = bits_for(n_next);
    if (Arrays) {
      const uint64_t first = (at + 7) / 8 * 8 + 8;  // an element before it holds the version
      next_bits -= PointerArray::high_bits(count + 1, n_next, array_limit_);
      order.pointers = {bytes + first, PointerArray::length(count + 1, n_next, array_limit_), next_bits};
      at += PointerArray::bytes(count + 1, n_next, array_limit_);
    }
    order.next_mask = (uint64_t{1} << next_bits) - 1;
    if (Quantised) {
      const std::size_t of_one = (std::size_t{4} << probability_bits_) + (std::size_t{4} << backoff_bits_);
      order.probabilities = tables_ + number * of_one;
      order.backoffs = order.probabilities + (std::size_t{4} << probability_bits_);
      order.backoff_mask = (uint64_t{1} << backoff_bits_) - 1;
    }
    order.entries = PackedEntries(bytes + at, count, counts_[0], weight_bits() + next_bits);
    middles_.push_back(order);
    return at + PackedEntries::bytes(count, counts_[0], weight_bits() + next_bits);
  }

  void set_next(const Middle& order, uint64_t place, uint64_t bit, Node& node) const {
    uint64_t begin = read_bits(order.entries.base, bit, order.next_mask);
    uint64_t end = read_bits(order.entries.base, bit + order.entries.entry_bits, order.next_mask);
    if constexpr (Arrays) {
      const uint64_t before = order.pointers.up_to(place);
      uint64_t after = before;
      while (after < order.pointers.count && load<uint64_t>(order.pointers.begin + 8 * after) <= place + 1) ++after;
      if (!before) throw DamagedModel("a pointer leads nowhere");
      begin |= (before - 1) << order.pointers.low_bits;
      end |= (after - 1) << order.pointers.low_bits;
    }
    set(node, begin, end, order.n_next);
  }

  static void set(Node& node, uint64_t begin, uint64_t end, uint64_t count) {
    if (begin > end || end > count) throw DamagedModel("a pointer leads nowhere");
    node = {begin, end, begin < end};
  }

  std::vector<uint64_t> counts_;
  const uint8_t *vocabulary_, *unigrams_, *tables_ = nullptr, *longest_probabilities_ = nullptr;
  std::vector<Middle> middles_;
  PackedEntries longest_;
  uint64_t longest_mask_;
  int probability_bits_ = 0, backoff_bits_ = 0, array_limit_ = 0;
  std::size_t words_begin_;
  uint32_t bound_;
};

}  // namespace ds2
