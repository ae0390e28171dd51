// Where everything lies in a KenLM "probing" file, version 5, which is also our n-gram model in memory.
//
//   header      magic and test values, order, multiplier, type, counts of n-grams
//   vocabulary  hash table: murmur(word) -> id, 12 bytes an entry; <unk> is id 0 and not in the table
//   unigrams    (probability, backoff) by id
//   middle      one hash table per order 2 .. N-1: (key, probability, backoff), 16 bytes an entry
//   longest     one hash table of the highest order: (key, probability), 12 bytes an entry
//   words       the strings in order of id, each ended by a zero byte
//
// The key of an n-gram mixes its word ids, newest word first. All tables use linear probing; an entry whose key is zero is
// free. Probabilities are log10; the sign bit of a probability is set where no longer n-gram ends in this one (a
// probability is never positive, so the bit is free to use). A backoff of -0.0 says that no n-gram begins with this one.
// Heafield 2011, "KenLM: Faster and Smaller Language Model Queries". Entries may lie at any multiple of four bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ds2 {

constexpr int kMaxOrder = 10;
constexpr std::size_t kVocabularyEntry = 12, kUnigramEntry = 8, kMiddleEntry = 16, kLongestEntry = 12;
enum class FileType : uint32_t { probing = 0, rest_probing, trie, quantised_trie, array_trie, quantised_array_trie };

template <class T> inline T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

template <class T> inline void store(uint8_t* at, T value) { std::memcpy(at, &value, sizeof(T)); }

// The key of an n-gram: start with the newest word's id, then mix in one older word after another.
inline uint64_t mix_word(uint64_t key, uint32_t older_word) {
  return (key * 8978948897894561157ULL) ^ ((1 + static_cast<uint64_t>(older_word)) * 17894857484156487943ULL);
}

// MurmurHash2 for 64 bits (Austin Appleby, public domain), seed 0: how words are found.
inline uint64_t hash_word(std::string_view word) {
  constexpr uint64_t m = 0xc6a4a7935bd1e995ULL;
  const auto* data = reinterpret_cast<const uint8_t*>(word.data());
  std::size_t size = word.size();
  uint64_t hash = size * m;
  for (; size >= 8; size -= 8, data += 8) {
    uint64_t part = load<uint64_t>(data) * m;
    hash = (hash ^ ((part ^ (part >> 47)) * m)) * m;
  }
  if (size) {
    uint64_t rest = 0;
    std::memcpy(&rest, data, size);
    hash = (hash ^ rest) * m;
  }
  hash = (hash ^ (hash >> 47)) * m;
  return hash ^ (hash >> 47);
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

  uint8_t* insert(uint64_t key) {  // the free entry that is now the key's
    uint64_t at = key % buckets;
    while (load<uint64_t>(begin + at * EntrySize) != 0)
      if (++at == buckets) at = 0;
    store(begin + at * EntrySize, key);
    return begin + at * EntrySize;
  }
};

inline uint64_t bucket_count(uint64_t entries, float multiplier) {
  return std::max(entries + 1, static_cast<uint64_t>(multiplier * static_cast<float>(entries)));
}

constexpr std::size_t kSanitySize = 56 + 24 + 8;  // magic padded to 8; five values and padding; one 64-bit value
constexpr std::size_t kFixedSize = 20;

inline void write_sanity(uint8_t* out) {
  static const char magic[] = "mmap lm http://kheafield.com/code format version 5\n";
  std::memset(out, 0, kSanitySize);
  std::memcpy(out, magic, sizeof(magic));
  store(out + 56, 0.0f), store(out + 60, 1.0f), store(out + 64, -0.5f);
  store(out + 68, uint32_t{1}), store(out + 72, ~uint32_t{0});
  store(out + 80, uint64_t{1});
}

struct Layout {
  std::vector<uint64_t> counts;
  float multiplier = 1.5f;
  std::size_t vocabulary, unigrams, longest, words;  // byte offsets; `words` is also the size without the strings
  std::vector<std::size_t> middles;

  Layout(std::vector<uint64_t> of_counts, float of_multiplier) : counts(std::move(of_counts)), multiplier(of_multiplier) {
    vocabulary = (kSanitySize + kFixedSize + 8 * counts.size() + 7) / 8 * 8;
    std::size_t at = vocabulary + 8 + bucket_count(counts[0], multiplier) * kVocabularyEntry;
    unigrams = at;
    at += (counts[0] + 1) * kUnigramEntry;
    for (std::size_t n = 1; n + 1 < counts.size(); ++n) {
      middles.push_back(at);
      at += bucket_count(counts[n], multiplier) * kMiddleEntry;
    }
    longest = at;
    words = at + bucket_count(counts.back(), multiplier) * kLongestEntry;
  }

  int order() const { return static_cast<int>(counts.size()); }
};

// A file's tables, wherever its bytes are.
struct Tables {
  Table<kVocabularyEntry> vocabulary;
  uint8_t* unigrams;
  std::vector<Table<kMiddleEntry>> middles;
  Table<kLongestEntry> longest;

  Tables(uint8_t* base, const Layout& layout) : unigrams(base + layout.unigrams) {
    vocabulary = {base + layout.vocabulary + 8, bucket_count(layout.counts[0], layout.multiplier)};
    for (std::size_t n = 0; n < layout.middles.size(); ++n)
      middles.push_back({base + layout.middles[n], bucket_count(layout.counts[n + 1], layout.multiplier)});
    longest = {base + layout.longest, bucket_count(layout.counts.back(), layout.multiplier)};
  }
};

}  // namespace ds2
