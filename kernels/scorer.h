// What a prefix earns beside its sound: alpha log p_lm + beta per token, penalties, boosts, and inside a word the language
// model look-ahead (Ortmanns, Ney and Eiden 1996).
#pragma once

#include <cmath>
#include <limits>
#include <memory>

#include "lexicon.h"
#include "ngram_model.h"
#include "phrases.h"

namespace ds2 {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr double kLn10 = 2.302585092994045684;

enum class LexiconMode { none, soft, hard };

struct ScorerSettings {
  double alpha = 0.0, beta = 0.0;
  double lm_lookahead = 1.0;  // how much of the best word's expected gain its first letters already get
  double oov_penalty = 0.0;   // for a word outside the vocabulary, natural log, added to alpha log p(<unk>)
  double oov_letter = 0.0;    // and for each of its symbols: without it, one long unknown word is cheaper than several known
  LexiconMode lexicon_mode = LexiconMode::none;
};

// Tokens are words, or single units where `has_words` is false. `spells`: units write a word as they say it, and so words
// that no lexicon has; phones do not.
class Scorer {
 public:
  Scorer(ScorerSettings settings, const Alphabet& alphabet, bool has_words, bool spells, const LanguageModel* model, const Lexicon* lexicon,
         std::vector<uint32_t> model_ids, Phrases phrases)
      : settings_(settings), alphabet_(alphabet), has_words_(has_words), model_(model), lexicon_(lexicon), ids_(std::move(model_ids)), phrases_(std::move(phrases)) {
    weight_ = model_ ? settings_.alpha * kLn10 : 0.0;
    if (!model_) settings_.oov_penalty = settings_.oov_letter = 0.0;
    open_vocabulary_ = has_words_ && spells && !(lexicon_ && settings_.lexicon_mode == LexiconMode::hard);
    max_gain_ = settings_.beta + std::max(0.0, settings_.oov_penalty) + phrases_.best();
    look_ahead();
  }

  const Alphabet& alphabet() const { return alphabet_; }
  int n_units() const { return alphabet_.n_units(); }
  int space() const { return has_words_ ? alphabet_.space() : Alphabet::kNone; }
  bool has_words() const { return has_words_; }
  bool has_open_vocabulary() const { return open_vocabulary_; }  // whether words outside the lexicon may be said
  const LanguageModel* model() const { return model_; }
  const Lexicon* lexicon() const { return lexicon_; }
  State begin() const { return model_ ? model_->begin_sentence() : State{}; }
  double max_gain() const { return max_gain_; }  // no finished token earns more

  double look(int node) const { return look_[node]; }
  double off_gain(int letters) const { return settings_.beta + unknown_gain(letters); }  // no unknown word earns more
  double off_look(int letters) const { return off_look_ + off_letter_ * letters; }
  // The best that an extension into an unknown word can expect, from so many letters on.
  double off_bound(int letters) const { return off_look_ + off_letter_ * (off_letter_ > 0 ? letters + alphabet_.longest() : letters + 1); }
  // A child of a lexicon's node, by its place among all children: what a frame reads, side by side.
  struct Child {
    int32_t unit;
    float look;
  };
  const Child& child(int at) const { return children_[at]; }
  // No further letter's look-ahead is better.
  double child_bound(int node, int letters) const { return node >= 0 ? std::max<double>(child_bound_[node], off_bound(letters)) : off_bound(letters); }
  // The look-ahead of a word that a unit begins without a space before it; kNever where none does so. And the best of these.
  double enter_look(int unit, bool after_alone = false) const { return after_alone ? after_alone_[unit] : enter_look_[unit]; }
  double enter_bound() const { return enter_bound_; }

  // The gain of a finished token, the state after it, and where in a phrase it leaves the text: a word of the lexicon, or
  // kNone: one outside it, of so many letters.
  double add_word(int word, int letters, const State& from, State& to, int& phrase) const {
    return token_gain(word, word >= 0 ? lexicon_->letters(word) : letters, from, to, phrase);
  }

  double add_unit(int unit, const State& from, State& to, int& phrase) const { return token_gain(unit, 1, from, to, phrase); }

  double end_sentence(const State& from, int phrase) const { return settings_.alpha * model_end(from) - phrases_.lent(phrase); }

  double model_end(const State& from) const {  // log p_lm(</s>), natural log
    State ignored;
    return model_ ? kLn10 * model_->score(from, model_->end_sentence(), ignored) : 0.0;
  }

  // log p_lm alone (natural log) of a token: a word of the lexicon, or a unit; kNone is <unk>.
  double model_score(int token, const State& from, State& to) const {
    return model_ ? kLn10 * model_->score(from, token >= 0 ? ids_[token] : 0, to) : 0.0;
  }

 private:
  bool is_known(int token) const { return token >= 0 && (ids_[token] || phrases_.is_hot(token)); }

  double unknown_gain(int letters) const { return settings_.oov_penalty + settings_.oov_letter * letters; }

  double token_gain(int token, int letters, const State& from, State& to, int& phrase) const {
    double gain = settings_.beta;
    if (!phrases_.empty()) gain += phrases_.step(phrase, token);
    if (!is_known(token)) gain += unknown_gain(letters);
    if (model_) gain += weight_ * model_->score(from, token >= 0 ? ids_[token] : 0, to);
    return gain;
  }

  double expected_gain(int word) const {  // of a word of the lexicon, whatever came before it
    return settings_.beta + phrases_.first_gain(word) + (is_known(word) ? 0.0 : unknown_gain(lexicon_->letters(word))) + (model_ ? weight_ * model_->unigram(ids_[word]) : 0.0);
  }

  void look_ahead() {
    // The penalty of a word that has left the vocabulary is due at once, with any weight: a beam that may put it off fills
    // with words that never end.
    const double weight = settings_.lexicon_mode == LexiconMode::none ? 0.0 : settings_.lm_lookahead;
    if (lexicon_) {
      off_look_ = weight * (settings_.beta + (model_ ? weight_ * model_->unigram(0) : 0.0)) + settings_.oov_penalty;
      off_letter_ = settings_.oov_letter;
    }
    if (!open_vocabulary_) off_look_ = kNever, off_letter_ = 0.0;
    enter_look_.assign(n_units(), kNever);
    if (alphabet_.has_alone()) after_alone_.assign(n_units(), kNever);
    if (lexicon_) look_along_the_lexicon(weight);
    for (int unit = 1; unit < n_units(); ++unit) {
      const int node = lexicon_ ? lexicon_->enter(unit) : Lexicon::kNone;
      if (node >= 0) enter_look_[unit] = look_[node];
      else if (open_vocabulary_ && (alphabet_.begins(unit) || alphabet_.joined())) enter_look_[unit] = off_look(alphabet_.length(unit));
      enter_bound_ = std::max(enter_bound_, enter_look_[unit]);
      if (!alphabet_.has_alone() || unit == alphabet_.space()) continue;
      const int after = lexicon_ ? lexicon_->enter(unit, true) : Lexicon::kNone;
      if (after >= 0) after_alone_[unit] = look_[after];
      else if (open_vocabulary_) after_alone_[unit] = off_look(alphabet_.length(unit));
      enter_bound_ = std::max(enter_bound_, after_alone_[unit]);
    }
  }

  void look_along_the_lexicon(double weight) {
    std::vector<double> best(lexicon_->size(), kNever);
    look_.resize(lexicon_->size());
    for (int node = lexicon_->size() - 1; node >= 0; --node) {
      for (auto [ending, last] = lexicon_->words(node); ending != last; ++ending) best[node] = std::max(best[node], expected_gain(ending->word) + ending->log_weight);
      look_[node] = weight > 0.0 && node ? static_cast<float>(weight * best[node]) : 0.0f;
      if (node) best[lexicon_->parent(node)] = std::max(best[lexicon_->parent(node)], best[node]);
    }
    child_bound_.assign(lexicon_->size(), static_cast<float>(kNever));
    for (int node = 0; node < lexicon_->size(); ++node)
      for (auto [at, last] = lexicon_->children(node); at < last; ++at) {
        children_.push_back({lexicon_->child_unit(at), look_[lexicon_->child_node(at)]});
        child_bound_[node] = std::max(child_bound_[node], children_.back().look);
      }
  }

  ScorerSettings settings_;
  const Alphabet& alphabet_;
  bool has_words_, open_vocabulary_;
  const LanguageModel* model_;
  const Lexicon* lexicon_;
  std::vector<uint32_t> ids_;   // the model's id of each token; 0 where it does not know it
  Phrases phrases_;
  double weight_, max_gain_, off_look_ = 0.0, off_letter_ = 0.0, enter_bound_ = kNever;
  std::vector<float> look_, child_bound_;  // by lexicon node
  std::vector<Child> children_;
  std::vector<double> enter_look_;         // by unit
  std::vector<double> after_alone_;        // by unit, where there are words of one unit
};

}  // namespace ds2
