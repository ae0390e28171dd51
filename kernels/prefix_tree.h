// The prefixes that the beam has seen. A prefix is a text and its last unit: the finished tokens, and of the word under way
// the symbols so far. Spellings that lead to the same text lead to the same prefix; a prefix so has one source or several.
#pragma once

#include "scorer.h"

namespace ds2 {

// The finished tokens of a text, as a tree; each knows what the language model said.
struct History {
  int32_t parent, token;  // a word of the lexicon, a unit, or kOutside - text for a word outside the lexicon
  int32_t phrase;         // that is under way
  double gain;            // of all tokens
  State state;            // the model's, after the last
  uint64_t context;       // of all that later tokens depend on: the state and the phrase, hashed
};

struct Prefix {
  int32_t history;
  int32_t text;   // of the unfinished word: a node of the lexicon, or outside it; the root between words
  int32_t unit;   // the last; at the root of all: the space where there is one, else -1
  int32_t slot;   // its place in the beam, or -1
  int32_t source, n_sources;        // the only one, or the first in the list; n_sources < 0: not looked for yet
  float log_weight;                 // of the only one
  int32_t first_end, n_ends;        // n_ends < 0: not asked yet
  std::size_t considered;           // the frame in which all that reaches it was last added up
};

// One way into a prefix: from another by its last unit, and the weight of the spelling of the word that ends between.
struct Source {
  int32_t prefix;
  float log_weight;
};

// One way to end the word under way.
struct End {
  int32_t token;    // that word
  int32_t history;  // with it; -1 until wanted
  float log_weight;
  double gain;      // of all tokens, and the spelling's weight
};

class PrefixTree {
 public:
  static constexpr int kOutside = -2;  // tokens from here down are texts outside the lexicon

  explicit PrefixTree(const Scorer& scorer)
      : scorer_(scorer), alphabet_(scorer.alphabet()), lexicon_(scorer.has_words() ? scorer.lexicon() : nullptr), inside_(lexicon_ ? lexicon_->size() : 1) {
    histories_.push_back({-1, -1, 0, 0.0, scorer.begin(), 0});
    histories_.back().context = context_of(histories_.back());
    find_or_add(0, Lexicon::kRoot, scorer.space());
  }

  Prefix& operator[](int prefix) { return prefixes_[prefix]; }
  const Prefix& operator[](int prefix) const { return prefixes_[prefix]; }
  const History& history(int index) const { return histories_[index]; }
  std::size_t size() const { return prefixes_.size() + histories_.size() + outside_.size(); }

  // ---- prefixes
  int find(int history, int text, int unit) const {  // or -1
    return prefix_table_.find(hash(history, text, unit), [&](int at) {
      const Prefix& prefix = prefixes_[at];
      return prefix.history == history && prefix.text == text && prefix.unit == unit;
    });
  }
  int find_or_add(int history, int text, int unit) {
    const int found = find(history, text, unit);
    if (found >= 0) return found;
    prefixes_.push_back({history, text, unit, -1, 0, -1, 0.0f, 0, -1, ~std::size_t{0}});
    prefix_table_.add(static_cast<int>(prefixes_.size()) - 1, [&](int at) { return prefix_hash(at); });
    return static_cast<int>(prefixes_.size()) - 1;
  }

  // ---- histories
  int find_history(int parent, int token) const {  // or -1
    return history_table_.find(hash(parent, token, 0), [&](int at) { return histories_[at].parent == parent && histories_[at].token == token; });
  }
  int history_with(int parent, int token, int letters) {
    const int found = find_history(parent, token);
    if (found >= 0) return found;
    histories_.push_back({parent, token, 0, 0.0, State{}, 0});
    History& next = histories_.back();
    next.gain = histories_[parent].gain + token_gain(parent, token, letters, next.state, next.phrase);
    next.context = context_of(next);
    history_table_.add(static_cast<int>(histories_.size()) - 1, [&](int at) { return history_hash(at); });
    return static_cast<int>(histories_.size()) - 1;
  }
  // The history that a prefix has with one of its ends.
  int history_of(int prefix, const End& end) {
    if (end.history < 0) ends_[&end - ends_.data()].history = history_with(prefixes_[prefix].history, end.token, letters(prefixes_[prefix].text));
    return end.history;
  }

  // What a token adds to a history's gain.
  double token_gain(int history, int token, int letters, State& after, int32_t& phrase) const {
    const State& before = histories_[history].state;
    phrase = histories_[history].phrase;
    if (!scorer_.has_words()) return scorer_.add_unit(token, before, after, phrase);
    return scorer_.add_word(std::max(token, Lexicon::kNone), letters, before, after, phrase);
  }

  // ---- texts
  bool is_inside(int text) const { return text < inside_; }
  int in_lexicon(int text) const { return lexicon_ && text < inside_ ? text : Lexicon::kNone; }
  int letters(int text) const {
    if (text >= inside_) return outside_[text - inside_].letters;
    return lexicon_ ? lexicon_->depth(text) : 0;
  }
  // Whether a text is a word that nothing can be added to.
  bool is_alone(int text) const { return text && alphabet_.has_alone() && alphabet_.is_alone(symbol_of(text)); }
  // The text that a unit makes of another; -1 where it is new and `add` is false.
  int extend(int text, int unit, bool add) {
    if (lexicon_ && text < inside_) {
      const int child = alphabet_.begins(unit) ? lexicon_->enter(unit) : lexicon_->child(text, unit);
      if (child >= 0) return child;
    }
    for (int32_t symbol : alphabet_.body(unit)) {
      const int next = text_child(text, symbol);
      if (next < 0 && !add) return -1;
      text = next >= 0 ? next : add_text(text, symbol);
    }
    return text;
  }
  double look(const Prefix& prefix) const {
    if (!scorer_.has_words() || !prefix.text) return 0.0;
    return prefix.text < inside_ ? scorer_.look(prefix.text) : scorer_.off_look(letters(prefix.text));
  }
  // No way to end a word earns more; kNever where it is none.
  double end_bound(int text, int letters) const {
    if (!text) return kNever;
    if (in_lexicon(text) >= 0 && lexicon_->has_word(text)) return scorer_.max_gain();
    return scorer_.has_open_vocabulary() ? scorer_.off_gain(letters) : kNever;
  }

  // ---- how words end, and how prefixes are reached; found once
  // Ways to end the word under way, best first; none between words.
  std::pair<const End*, const End*> ends(int index) {
    if (prefixes_[index].n_ends < 0) ask_ends(index);
    const Prefix& prefix = prefixes_[index];
    return {ends_.data() + prefix.first_end, ends_.data() + prefix.first_end + prefix.n_ends};
  }
  template <class Take> void for_sources(int index, Take take) {
    if (prefixes_[index].n_sources < 0) find_sources(index);
    const Prefix& prefix = prefixes_[index];
    if (prefix.n_sources == 1) return take(prefix.source, prefix.log_weight);
    for (int at = prefix.source; at < prefix.source + prefix.n_sources; ++at) take(sources_[at].prefix, sources_[at].log_weight);
  }
  void set_only_source(int index, int source, float log_weight) {
    Prefix& prefix = prefixes_[index];
    if (prefix.n_sources < 0) prefix.source = source, prefix.log_weight = log_weight, prefix.n_sources = 1;
  }

  // Keep the given prefixes and what they need; they come first, in their order.
  void keep_only(const std::vector<int>& wanted);

  static uint64_t hash(int a, int b, int c) {
    uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(a)) << 32 | static_cast<uint32_t>(b);
    key = (key ^ key >> 29 ^ static_cast<uint64_t>(static_cast<uint32_t>(c)) << 20) * 0x9E3779B97F4A7C15ULL;
    return (key ^ key >> 32) * 0xBF58476D1CE4E5B9ULL >> 24;
  }

 private:
  struct Outside {
    int32_t parent, symbol, letters;
  };

  static uint64_t context_of(const History& history) {
    uint64_t key = static_cast<uint32_t>(history.phrase) * 0x9E3779B97F4A7C15ULL + history.state.length;
    for (int i = 0; i < history.state.length; ++i) {
      key = (key ^ history.state.words[i]) * 0xBF58476D1CE4E5B9ULL;
      key ^= key >> 31;
    }
    return key;
  }

  uint64_t prefix_hash(int at) const { return hash(prefixes_[at].history, prefixes_[at].text, prefixes_[at].unit); }
  uint64_t history_hash(int at) const { return hash(histories_[at].parent, histories_[at].token, 0); }
  uint64_t text_hash(int at) const { return hash(outside_[at - inside_].parent, outside_[at - inside_].symbol, 1); }
  void name_all();

  class Table {  // open addressing; numbers of things that hash themselves
   public:
    template <class Same> int find(uint64_t hash, Same same) const {
      for (uint64_t at = hash;; ++at) {
        const int32_t found = places_[at & (places_.size() - 1)];
        if (found < 0 || same(found)) return found;
      }
    }
    template <class Name> void add(int number, Name name) {
      if (2 * static_cast<std::size_t>(++count_) > places_.size()) {
        std::vector<int32_t> old(4 * places_.size(), -1);
        old.swap(places_);
        for (int32_t other : old)
          if (other >= 0) enter(other, name(other));
      }
      enter(number, name(number));
    }
    void clear() {
      places_.assign(places_.size(), -1);
      count_ = 0;
    }

   private:
    void enter(int number, uint64_t hash) {
      while (places_[hash & (places_.size() - 1)] >= 0) ++hash;
      places_[hash & (places_.size() - 1)] = number;
    }
    std::vector<int32_t> places_ = std::vector<int32_t>(1 << 10, -1);
    int count_ = 0;
  };

  int text_child(int text, int32_t symbol) const {
    if (lexicon_ && text < inside_) {
      const int child = alphabet_.single() ? Lexicon::kNone : lexicon_->symbol_child(text, symbol);
      if (child >= 0) return child;
    }
    return text_table_.find(hash(text, symbol, 1), [&](int at) { return outside_[at - inside_].parent == text && outside_[at - inside_].symbol == symbol; });
  }
  int add_text(int text, int32_t symbol) {
    outside_.push_back({text, symbol, letters(text) + 1});
    const int added = inside_ + static_cast<int>(outside_.size()) - 1;
    text_table_.add(added, [&](int at) { return text_hash(at); });
    return added;
  }
  int parent_of(int text) const { return text >= inside_ ? outside_[text - inside_].parent : lexicon_->parent(text); }
  int32_t symbol_of(int text) const {
    if (!text) return Alphabet::kNone;
    return text >= inside_ ? outside_[text - inside_].symbol : lexicon_->symbol(text);
  }
  int back(int text, int symbols) const {
    while (symbols--) text = parent_of(text);
    return text;
  }
  template <class Take> void units_ending(int text, Take take) const {
    alphabet_.units_ending([&](std::size_t i) { return symbol_of(back(text, static_cast<int>(std::min<std::size_t>(i, letters(text))))); }, take);
  }

  bool ends_alone(int history) const;
  void ask_ends(int index);
  void find_sources(int index);
  void add_sources_at(int history, int text, float log_weight);
  void add_sources_through_word(int history);

  const Scorer& scorer_;
  const Alphabet& alphabet_;
  const Lexicon* lexicon_;
  int inside_;  // texts below it are the lexicon's nodes
  std::vector<Prefix> prefixes_;
  std::vector<History> histories_;
  std::vector<Outside> outside_;
  std::vector<Source> sources_;
  std::vector<End> ends_;
  Table prefix_table_, history_table_, text_table_;
};

}  // namespace ds2
