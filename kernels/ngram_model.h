// log10 p(word | history), by back-off, from the tables of ngram_layout.h.
#pragma once

#include "ngram_layout.h"

namespace ds2 {

// What the next word's probability depends on: the last words, newest first, and what backing off from them costs.
struct State {
  uint32_t words[kMaxOrder - 1];
  float backoffs[kMaxOrder - 1];
  uint8_t length = 0;
};

class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  virtual State begin_sentence() const = 0;
  // log10 p(word | from); `to` becomes the state after the word.
  virtual float score(const State& from, uint32_t word, State& to) const = 0;
  virtual float unigram(uint32_t word) const = 0;  // log10 p(word) without history
  virtual uint32_t end_sentence() const = 0;
  virtual uint32_t bound() const = 0;  // ids are below it
  virtual uint32_t index(std::string_view word) const = 0;  // 0 is <unk>
};

class NgramModel final : public LanguageModel {
 public:
  // bytes: a whole probing file, which must outlive the model.
  // throws std::invalid_argument where they are not such a file, or one that is cut short
  NgramModel(const uint8_t* bytes, std::size_t size)
      : layout_(read_header(bytes, size)), tables_(const_cast<uint8_t*>(bytes), layout_), bytes_(bytes), size_(size) {
    bound_ = load<uint32_t>(bytes + layout_.vocabulary + 4);
    if (bound_ > layout_.counts[0] + 1) throw std::invalid_argument("its vocabulary does not fit its header");
    begin_ = index("<s>");
    end_ = index("</s>");
    if (!begin_ || !end_) throw std::invalid_argument("it knows no <s> and </s>");
  }

  const Layout& layout() const { return layout_; }
  uint32_t bound() const override { return bound_; }

  uint32_t index(std::string_view word) const override {
    const uint8_t* entry = tables_.vocabulary.find(hash_word(word));
    return entry ? load<uint32_t>(entry + 8) : 0;
  }

  // The zero-ended strings in order of id; empty where the file was built without them.
  std::string_view words() const {
    if (!bytes_[kSanitySize + 12]) return {};
    return {reinterpret_cast<const char*>(bytes_) + layout_.words, size_ - layout_.words};
  }

  State begin_sentence() const override {
    State state;
    state.words[0] = begin_;
    state.backoffs[0] = load<float>(unigram_at(begin_) + 4);
    state.length = 1;
    return state;
  }

  uint32_t end_sentence() const override { return end_; }
  float unigram(uint32_t word) const override { return without_mark(load<float>(unigram_at(word))); }

  float score(const State& from, uint32_t word, State& to) const override {
    const int order = layout_.order();
    float probability = load<float>(unigram_at(word));
    to.words[0] = word;
    to.backoffs[0] = load<float>(unigram_at(word) + 4);
    to.length = continues(to.backoffs[0]);
    int matched = 1;  // the length of the longest n-gram found
    uint64_t key = word;
    for (int n = 2; n <= from.length + 1 && extends_left(probability); ++n) {
      key = mix_word(key, from.words[n - 2]);
      if (n == order) {
        if (const uint8_t* entry = tables_.longest.find(key)) probability = load<float>(entry + 8), matched = n;
        break;
      }
      const uint8_t* entry = tables_.middles[n - 2].find(key);
      if (!entry) break;
      probability = load<float>(entry + 8);
      matched = n;
      to.words[n - 1] = from.words[n - 2];
      to.backoffs[n - 1] = load<float>(entry + 12);
      if (continues(to.backoffs[n - 1])) to.length = static_cast<uint8_t>(n);
    }
    float total = without_mark(probability);
    for (int i = matched - 1; i < from.length; ++i) total += from.backoffs[i];
    return total;
  }

 private:
  const uint8_t* unigram_at(uint32_t word) const { return tables_.unigrams + std::size_t{word} * kUnigramEntry; }

  static bool sign_bit(float value) { return load<uint32_t>(reinterpret_cast<const uint8_t*>(&value)) >> 31; }
  static bool extends_left(float probability) { return !sign_bit(probability); }
  static bool continues(float backoff) { return !(backoff == 0.0f && sign_bit(backoff)); }
  static float without_mark(float probability) { return probability > 0.0f ? -probability : probability; }

  static Layout read_header(const uint8_t* bytes, std::size_t size) {
    uint8_t expected[kSanitySize];
    write_sanity(expected);
    if (size < kSanitySize + kFixedSize || std::memcmp(bytes, expected, kSanitySize))
      throw std::invalid_argument("it is not a KenLM binary of version 5 built on this kind of machine");
    const uint8_t* fixed = bytes + kSanitySize;
    const int order = fixed[0];
    const float multiplier = load<float>(fixed + 4);
    if (load<uint32_t>(fixed + 8) != static_cast<uint32_t>(FileType::probing))
      throw std::invalid_argument("it is a KenLM binary of another type than probing");
    if (order < 2 || order > kMaxOrder)
      throw std::invalid_argument("its order is " + std::to_string(order) + "; 2 to " + std::to_string(kMaxOrder) + " can be read");
    if (!(multiplier >= 1.0f && multiplier < 100.0f) || size < kSanitySize + kFixedSize + 8 * order)
      throw std::invalid_argument("its header is damaged");
    std::vector<uint64_t> counts(order);
    std::memcpy(counts.data(), fixed + kFixedSize, 8 * order);
    for (uint64_t count : counts)
      if (count > size) throw std::invalid_argument("it is cut short, or its header is damaged");
    Layout layout(counts, multiplier);
    if (size < layout.words) throw std::invalid_argument("it is cut short: " + std::to_string(size) + " of at least " + std::to_string(layout.words) + " bytes");
    return layout;
  }

  Layout layout_;
  Tables tables_;
  const uint8_t* bytes_;
  std::size_t size_;
  uint32_t bound_, begin_, end_;
};

}  // namespace ds2
