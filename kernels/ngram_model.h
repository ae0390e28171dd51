// log10 p(word | history), by back-off, from the bytes of a KenLM binary of any type.
#pragma once

#include <cmath>
#include <memory>

#include "trie_search.h"

namespace ds2 {

// What the next word's probability depends on: the last words, newest first, and what backing off from them costs.
struct State {
  uint32_t words[kMaxOrder - 1];
  float backoffs[kMaxOrder - 1];
  uint8_t length = 0;
};

// Threads may ask one model at once: it has no state of its own.
class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  virtual State begin_sentence() const = 0;
  // log10 p(word | from); `to` becomes the state after the word. throws DamagedModel where the file makes no sense there
  virtual float score(const State& from, uint32_t word, State& to) const = 0;
  virtual float unigram(uint32_t word) const = 0;  // log10 p(word) without history
  virtual uint32_t end_sentence() const = 0;
  virtual uint32_t bound() const = 0;  // ids are below it
  virtual uint32_t index(std::string_view word) const = 0;  // 0 is <unk>
};

// A model in a file's bytes, which must outlive it.
class FileModel : public LanguageModel {
 public:
  FileModel(FileHeader header, std::string name) : header_(std::move(header)), name_(std::move(name)) {}
  const FileHeader& header() const { return header_; }
  // The zero-ended strings in order of id; empty where the file was built without them.
  virtual std::string_view words() const = 0;

 protected:
  [[noreturn]] void damaged(const char* what) const { throw DamagedModel("`" + name_ + "` is damaged: " + what); }

  FileHeader header_;
  std::string name_;
};

template <class Search> class BackoffModel final : public FileModel {
 public:
  BackoffModel(const uint8_t* bytes, std::size_t size, FileHeader header, std::string name)
      : FileModel(std::move(header), std::move(name)), search_(bytes, size, header_) {
    if (header_.has_words) words_ = {reinterpret_cast<const char*>(bytes) + search_.words_begin(), size - search_.words_begin()};
    begin_ = index("<s>");
    end_ = index("</s>");
    if (!begin_ || !end_) throw std::invalid_argument("it knows no <s> and </s>");
  }

  uint32_t bound() const override { return search_.bound(); }
  std::string_view words() const override { return words_; }
  uint32_t end_sentence() const override { return end_; }

  uint32_t index(std::string_view word) const override {
    const uint32_t id = search_.index(hash_word(word));
    if (id >= search_.bound()) damaged("a word's number is beyond its vocabulary");
    return id;
  }

  State begin_sentence() const override {
    State state;
    typename Search::Node node;
    state.words[0] = begin_;
    state.backoffs[0] = look_up(begin_, node).backoff;
    state.length = 1;
    return state;
  }

  float unigram(uint32_t word) const override {
    typename Search::Node node;
    return sound(look_up(word, node).probability);
  }

  float score(const State& from, uint32_t word, State& to) const override {
    typename Search::Node node;
    Weights found = look_up(word, node);
    to.words[0] = word;
    to.backoffs[0] = found.backoff;
    to.length = continues(found.backoff);
    int matched = 1;  // the length of the longest n-gram found
    try {
      for (int n = 2; n <= from.length + 1 && node.extends; ++n) {
        if (n == header_.order) {
          if (search_.longest(from.words[n - 2], node, found.probability)) matched = n;
          break;
        }
        if (!search_.middle(n, from.words[n - 2], node, found)) break;
        matched = n;
        to.words[n - 1] = from.words[n - 2];
        to.backoffs[n - 1] = found.backoff;
        if (continues(found.backoff)) to.length = static_cast<uint8_t>(n);
      }
    } catch (const DamagedModel& problem) {
      damaged(problem.what());
    }
    float total = found.probability;
    for (int i = matched - 1; i < from.length; ++i) total += from.backoffs[i];
    return sound(total);
  }

 private:
  Weights look_up(uint32_t word, typename Search::Node& node) const {
    try {
      return search_.unigram(word, node);
    } catch (const DamagedModel& problem) {
      damaged(problem.what());
    }
  }

  // Some toolkits write log 0 as -inf; of anything else that is not finite no tool is the author.
  float sound(float log10_probability) const {
    if (std::isfinite(log10_probability)) return log10_probability;
    if (log10_probability < 0.0f) return -99.0f;
    damaged("a probability is not a number");
  }

  static bool continues(float backoff) { return load<uint32_t>(reinterpret_cast<const uint8_t*>(&backoff)) != uint32_t{1} << 31; }

  Search search_;
  std::string_view words_;
  uint32_t begin_, end_;
};

// throws std::invalid_argument where the bytes are not a KenLM binary, or cut short
inline std::unique_ptr<FileModel> open_model(const uint8_t* bytes, std::size_t size, std::string name) {
  FileHeader header = read_header(bytes, size);
  const auto make = [&](auto* search) -> std::unique_ptr<FileModel> {
    using Search = std::remove_pointer_t<decltype(search)>;
    return std::make_unique<BackoffModel<Search>>(bytes, size, std::move(header), std::move(name));
  };
  switch (header.type) {
    case FileType::rest_probing: return make(static_cast<ProbingSearch<kRestBytes>*>(nullptr));
    case FileType::trie: return make(static_cast<TrieSearch<false, false>*>(nullptr));
    case FileType::quantised_trie: return make(static_cast<TrieSearch<true, false>*>(nullptr));
    case FileType::array_trie: return make(static_cast<TrieSearch<false, true>*>(nullptr));
    case FileType::quantised_array_trie: return make(static_cast<TrieSearch<true, true>*>(nullptr));
    default: return make(static_cast<ProbingSearch<0>*>(nullptr));
  }
}

}  // namespace ds2
