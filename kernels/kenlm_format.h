// What every KenLM binary, version 5, begins with, and how its words are hashed.
//
//   sanity      magic and test values, which tell a file of another machine or version
//   parameters  order, multiplier of hash tables, type, whether the words' strings are in the file
//   counts      n-grams of each order
//   ...         vocabulary and n-grams: probing_layout.h or trie_layout.h
//   words       the strings in order of id, each ended by a zero byte; <unk> first
//
// Probabilities are log10. A backoff of -0.0 says that no n-gram begins with this one.
// Heafield 2011, "KenLM: Faster and Smaller Language Model Queries".
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
enum class FileType : uint32_t { probing = 0, rest_probing, trie, quantised_trie, array_trie, quantised_array_trie };

// A file that cannot be what it says: raised while it is opened, or when an entry that was asked for makes no sense.
class DamagedModel : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class T> inline T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

template <class T> inline void store(uint8_t* at, T value) { std::memcpy(at, &value, sizeof(T)); }

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

struct FileHeader {
  int order;
  float multiplier;
  FileType type;
  bool has_words;
  std::vector<uint64_t> counts;

  std::size_t size() const { return (kSanitySize + kFixedSize + 8 * counts.size() + 7) / 8 * 8; }
};

// throws std::invalid_argument where the bytes are no KenLM binary, or one that cannot be read
inline FileHeader read_header(const uint8_t* bytes, std::size_t size) {
  uint8_t expected[kSanitySize];
  write_sanity(expected);
  if (size < kSanitySize + kFixedSize || std::memcmp(bytes, expected, kSanitySize))
    throw std::invalid_argument("it is not a KenLM binary of version 5 built on this kind of machine");
  const uint8_t* fixed = bytes + kSanitySize;
  FileHeader header{fixed[0], load<float>(fixed + 4), static_cast<FileType>(load<uint32_t>(fixed + 8)), fixed[12] != 0, {}};
  if (header.type > FileType::quantised_array_trie) throw std::invalid_argument("it is a KenLM binary of an unknown type");
  if (load<uint32_t>(fixed + 16) != (header.type >= FileType::trie ? 1u : 0u))
    throw std::invalid_argument("its search has another version than KenLM's last");
  if (header.order < 2 || header.order > kMaxOrder)
    throw std::invalid_argument("its order is " + std::to_string(header.order) + "; 2 to " + std::to_string(kMaxOrder) + " can be read");
  if (!(header.multiplier >= 1.0f && header.multiplier < 100.0f)) throw std::invalid_argument("its header is damaged");
  if (size < kSanitySize + kFixedSize + 8 * header.order) throw std::invalid_argument("it is cut short");
  header.counts.resize(header.order);
  std::memcpy(header.counts.data(), fixed + kFixedSize, 8 * header.order);
  for (uint64_t count : header.counts)  // an n-gram takes more than a bit
    if (count / 8 > size) throw std::invalid_argument("it is cut short, or its header is damaged");
  return header;
}

}  // namespace ds2
