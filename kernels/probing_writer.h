// N-grams, order by order, into the tables of probing_layout.h.
#pragma once

#include <cmath>

#include "probing_layout.h"

namespace ds2 {

// One order of a model: (count, n) word ids, oldest first, and their log10 probabilities and backoffs.
struct OrderView {
  const int32_t* ids;
  const float* probabilities;
  const float* backoffs;  // nullptr for the highest order
  uint64_t count;
};

inline float with_sign(float value) { return -std::fabs(value); }

// What must hold for look-ups that grow from the newest word backwards: the n-gram without its oldest word exists (it is
// marked as extensible), and so does the n-gram without its newest (it is marked as a context).
class ProbingWriter {
 public:
  ProbingWriter(uint8_t* out, const ProbingLayout<>& layout) : out_(out), layout_(layout), tables_(out, layout) {}

  // words: zero-ended strings in order of id, <unk> first. returns false where an n-gram is there twice, or lacks its suffix
  // or its context.
  bool write(std::string_view words, const std::vector<OrderView>& orders) {
    write_header();
    write_vocabulary(words);
    for (uint64_t word = 0; word < orders[0].count; ++word) {
      uint8_t* entry = tables_.unigrams + word * kUnigramEntry;
      store(entry, with_sign(orders[0].probabilities[word]));
      store(entry + 4, backoff_of(orders[0], word));
    }
    bool complete = true;
    for (int n = 2; n <= layout_.order(); ++n)
      for (uint64_t i = 0; i < orders[n - 1].count; ++i) complete &= insert(n, orders[n - 1], i);
    for (int n = 2; n <= layout_.order(); ++n)
      for (uint64_t i = 0; i < orders[n - 1].count; ++i) complete &= mark_parts(n, orders[n - 1].ids + i * n);
    return complete;
  }

 private:
  static float backoff_of(const OrderView& order, uint64_t i) {
    const float backoff = order.backoffs ? order.backoffs[i] : 0.0f;
    return backoff == 0.0f ? -0.0f : backoff;
  }

  static uint64_t key_of(const int32_t* oldest, int n) {
    uint64_t key = static_cast<uint32_t>(oldest[n - 1]);
    for (int i = n - 2; i >= 0; --i) key = mix_word(key, static_cast<uint32_t>(oldest[i]));
    return key;
  }

  void write_header() {
    write_sanity(out_);
    uint8_t* fixed = out_ + kSanitySize;
    std::memset(fixed, 0, kFixedSize);
    fixed[0] = static_cast<uint8_t>(layout_.order());
    store(fixed + 4, layout_.multiplier);
    store(fixed + 8, static_cast<uint32_t>(FileType::probing));
    fixed[12] = 1;  // the strings are there
    std::memcpy(fixed + kFixedSize, layout_.counts.data(), 8 * layout_.counts.size());
  }

  void write_vocabulary(std::string_view words) {
    uint32_t id = 0;
    for (std::size_t at = 0; at < words.size(); ++id) {
      const std::size_t end = words.find('\0', at);
      uint8_t* entry = id ? tables_.vocabulary.insert(hash_word(words.substr(at, end - at))) : nullptr;
      if (entry) store(entry + 8, id);
      at = end + 1;
    }
    store(out_ + layout_.vocabulary, uint32_t{0});
    store(out_ + layout_.vocabulary + 4, id);
    std::memcpy(out_ + layout_.words, words.data(), words.size());
  }

  bool insert(int n, const OrderView& order, uint64_t i) {  // false where it is there already
    const uint64_t key = key_of(order.ids + i * n, n);
    const float probability = with_sign(order.probabilities[i]);
    if (n == layout_.order()) {
      uint8_t* entry = tables_.longest.insert(key);
      if (entry) store(entry + 8, probability);
      return entry;
    }
    uint8_t* entry = tables_.middles[n - 2].insert(key);
    if (!entry) return false;
    store(entry + 8, probability);
    store(entry + 12, backoff_of(order, i));
    return true;
  }

  // The (probability, backoff) pair of a shorter n-gram, or nullptr.
  uint8_t* weights_of(const int32_t* oldest, int n) {
    if (n == 1) return tables_.unigrams + std::size_t{static_cast<uint32_t>(*oldest)} * kUnigramEntry;
    uint8_t* entry = tables_.middles[n - 2].find(key_of(oldest, n));
    return entry ? entry + 8 : nullptr;
  }

  bool mark_parts(int n, const int32_t* oldest) {
    uint8_t* suffix = weights_of(oldest + 1, n - 1);
    uint8_t* context = weights_of(oldest, n - 1);
    if (!suffix || !context) return false;
    store(suffix, std::fabs(load<float>(suffix)));
    if (load<float>(context + 4) == 0.0f) store(context + 4, 0.0f);
    return true;
  }

  uint8_t* out_;
  const ProbingLayout<>& layout_;
  ProbingTables<> tables_;
};

}  // namespace ds2
