// Where everything lies in a KenLM "probing" file, which is also the form of our own n-gram models.
//
//   vocabulary  hash table: murmur(word) -> id, 12 bytes an entry; <unk> is id 0 and not in the table
//   unigrams    (probability, backoff) by id
//   middle      one hash table per order 2 .. N-1: (key, probability, backoff), 16 bytes an entry
//   longest     one hash table of the highest order: (key, probability), 12 bytes an entry
//
// Files with "rest costs" have a third number, which only hypergraph decoders read, in unigrams and middle tables.
// The key of an n-gram mixes its word ids, newest word first. All tables use linear probing; an entry whose key is zero is
// free. The sign bit of a probability is set where no longer n-gram ends in this one (a probability is never positive, so
// the bit is free to use). Entries may lie at any multiple of four bytes.
#pragma once

#include "kenlm_format.h"

namespace ds2 {

constexpr std::size_t kVocabularyEntry = 12, kUnigramEntry = 8, kMiddleEntry = 16, kLongestEntry = 12, kRestBytes = 4;

// The key of an n-gram: start with the newest word's id, then mix in one older word after another.
inline uint64_t mix_word(uint64_t key, uint32_t older_word) {
  return (key * 8978948897894561157ULL) ^ ((1 + static_cast<uint64_t>(older_word)) * 17894857484156487943ULL);
}

// A linear-probing table of fixed-size entries that begin with a 64-bit key.
template <std::size_t EntrySize> struct Table {
  uint8_t* begin = nullptr;
  uint64_t buckets = 1;

  uint8_t* find(uint64_t key) const {  // the entry, or nullptr
    uint64_t at = key % buckets;
    for (uint64_t seen = 0; seen < buckets; ++seen) {
      uint8_t* entry = begin + at * EntrySize;
      const uint64_t got = load<uint64_t>(entry);
      if (got == key) return entry;
      if (got == 0) return nullptr;
      if (++at == buckets) at = 0;
    }
    return nullptr;  // only a damaged file has no free entry
  }

  uint8_t* insert(uint64_t key) {  // the free entry that is now the key's; nullptr where it has one
    uint64_t at = key % buckets;
    while (const uint64_t got = load<uint64_t>(begin + at * EntrySize)) {
      if (got == key) return nullptr;
      if (++at == buckets) at = 0;
    }
    store(begin + at * EntrySize, key);
    return begin + at * EntrySize;
  }
};

inline uint64_t bucket_count(uint64_t entries, float multiplier) {
  return std::max(entries + 1, static_cast<uint64_t>(multiplier * static_cast<float>(entries)));
}

// Extra: bytes that unigrams and middle entries have at their end, beside probability and backoff.
template <std::size_t Extra = 0> struct ProbingLayout {
  std::vector<uint64_t> counts;
  float multiplier = 1.5f;
  std::size_t vocabulary, unigrams, longest, words;  // byte offsets; `words` is also the size without the strings
  std::vector<std::size_t> middles;

  ProbingLayout(std::vector<uint64_t> of_counts, float of_multiplier) : counts(std::move(of_counts)), multiplier(of_multiplier) {
    vocabulary = (kSanitySize + kFixedSize + 8 * counts.size() + 7) / 8 * 8;
    std::size_t at = vocabulary + 8 + bucket_count(counts[0], multiplier) * kVocabularyEntry;
    unigrams = at;
    at += (counts[0] + 1) * (kUnigramEntry + Extra);
    for (std::size_t n = 1; n + 1 < counts.size(); ++n) {
      middles.push_back(at);
      at += bucket_count(counts[n], multiplier) * (kMiddleEntry + Extra);
    }
    longest = at;
    words = at + bucket_count(counts.back(), multiplier) * kLongestEntry;
  }

  int order() const { return static_cast<int>(counts.size()); }
};

// A file's tables, wherever its bytes are.
template <std::size_t Extra = 0> struct ProbingTables {
  Table<kVocabularyEntry> vocabulary;
  uint8_t* unigrams;
  std::vector<Table<kMiddleEntry + Extra>> middles;
  Table<kLongestEntry> longest;

  ProbingTables(uint8_t* base, const ProbingLayout<Extra>& layout) : unigrams(base + layout.unigrams) {
    vocabulary = {base + layout.vocabulary + 8, bucket_count(layout.counts[0], layout.multiplier)};
    for (std::size_t n = 0; n < layout.middles.size(); ++n)
      middles.push_back({base + layout.middles[n], bucket_count(layout.counts[n + 1], layout.multiplier)});
    longest = {base + layout.longest, bucket_count(layout.counts.back(), layout.multiplier)};
  }
};

}  // namespace ds2
