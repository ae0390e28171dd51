// What a prefix earns beside its sound: alpha log p_lm + beta per token, penalties, boosts, and the look-ahead inside a word.
#pragma once

#include <cmath>
#include <limits>
#include <memory>

#include "lexicon.h"
#include "ngram_model.h"

namespace ds2 {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr double kLn10 = 2.302585092994045684;

enum class Words { open, soft, closed };

struct ScorerSettings {
  double alpha = 0.0, beta = 0.0;
  double look_ahead = 1.0;    // how much of the best word's expected gain its first letters already get
  double oov_penalty = 0.0;   // for a word outside the vocabulary, natural log, added to alpha log p(<unk>)
  double oov_letter = 0.0;    // and for each of its units: without it, one long unknown word is cheaper than several known
  Words words = Words::open;
};

// Tokens are words where `space` is a unit's index, single units where it is -1.
class Scorer {
 public:
  Scorer(ScorerSettings settings, int n_units, int space, const LanguageModel* model, const Lexicon* lexicon,
         std::vector<uint32_t> model_ids, std::vector<float> boosts)
      : settings_(settings), n_units_(n_units), space_(space), model_(model), lexicon_(lexicon), ids_(std::move(model_ids)), boosts_(std::move(boosts)) {
    weight_ = model_ ? settings_.alpha * kLn10 : 0.0;
    if (!model_) settings_.oov_penalty = settings_.oov_letter = 0.0;
    max_gain_ = settings_.beta + std::max(0.0, settings_.oov_penalty);
    for (float boost : boosts_) max_gain_ = std::max(max_gain_, settings_.beta + boost);
    if (lexicon_) look_ahead();
  }

  int n_units() const { return n_units_; }
  int space() const { return space_; }
  bool has_words() const { return space_ >= 0; }
  const LanguageModel* model() const { return model_; }
  const Lexicon* lexicon() const { return lexicon_; }
  State begin() const { return model_ ? model_->begin_sentence() : State{}; }
  double max_gain() const { return max_gain_; }  // no finished token earns more

  int lexicon_root() const { return lexicon_ ? Lexicon::kRoot : Lexicon::kNone; }
  int lexicon_child(int node, int unit) const { return node >= 0 ? lexicon_->child(node, unit) : Lexicon::kNone; }
  double look(int node, int letters) const { return node >= 0 ? look_[node] : off_look_ + off_letter_ * letters; }
  double off_look(int letters) const { return off_look_ + off_letter_ * letters; }
  // A child of a lexicon's node, by its place among all children: what a frame reads, side by side.
  struct Child {
    int32_t unit;
    float look;
  };
  const Child& child(int at) const { return children_[at]; }
  // No further letter's look-ahead is better.
  double child_bound(int node, int letters) const {
    const double off = off_look(letters + 1);
    return node >= 0 ? std::max<double>(child_bound_[node], off) : off;
  }

  // The gain of ending a word of so many letters at a lexicon node (kNone: a word outside it), and the state after it.
  double end_word(int node, int letters, const State& from, State& to) const {
    const int word = node >= 0 ? lexicon_->word(node) : Lexicon::kNone;
    if (word < 0 && settings_.words == Words::closed && lexicon_) return kNever;
    return token_gain(word, letters, from, to);
  }

  double add_unit(int unit, const State& from, State& to) const { return token_gain(unit, 1, from, to); }

  double end_sentence(const State& from) const { return settings_.alpha * model_end(from); }

  double model_end(const State& from) const {  // log p_lm(</s>), natural log
    State ignored;
    return model_ ? kLn10 * model_->score(from, model_->end_sentence(), ignored) : 0.0;
  }

  // log p_lm alone (natural log) of a token: a word of the lexicon, or a unit; kNone is <unk>.
  double model_score(int token, const State& from, State& to) const {
    return model_ ? kLn10 * model_->score(from, token >= 0 ? ids_[token] : 0, to) : 0.0;
  }

 private:
  bool is_known(int token) const { return token >= 0 && (ids_[token] || boosts_[token] != 0.0f); }

  double token_gain(int token, int letters, const State& from, State& to) const {
    double gain = settings_.beta;
    if (token >= 0) gain += boosts_[token];
    if (!is_known(token)) gain += settings_.oov_penalty + settings_.oov_letter * letters;
    if (model_) gain += weight_ * model_->score(from, token >= 0 ? ids_[token] : 0, to);
    return gain;
  }

  double expected_gain(int word) const {  // of a word of the lexicon, whatever came before it
    return settings_.beta + boosts_[word] + (model_ ? weight_ * model_->unigram(ids_[word]) : 0.0);
  }

  void look_ahead() {
    // The penalty of a word that has left the vocabulary is due at once, with any weight: a beam that may put it off fills
    // with words that never end.
    const double weight = settings_.words == Words::open ? 0.0 : settings_.look_ahead;
    off_look_ = weight * (settings_.beta + (model_ ? weight_ * model_->unigram(0) : 0.0)) + settings_.oov_penalty;
    off_letter_ = settings_.oov_letter;
    if (settings_.words == Words::closed) off_look_ = kNever;
    std::vector<double> best(lexicon_->size(), kNever);
    child_bound_.assign(lexicon_->size(), static_cast<float>(kNever));
    look_.resize(lexicon_->size());
    for (int node = lexicon_->size() - 1; node >= 0; --node) {
      if (lexicon_->word(node) >= 0) best[node] = std::max(best[node], expected_gain(lexicon_->word(node)));
      look_[node] = weight > 0.0 && node ? static_cast<float>(weight * best[node]) : 0.0f;
      if (!node) break;
      const int parent = lexicon_->parent(node);
      best[parent] = std::max(best[parent], best[node]);
      child_bound_[parent] = std::max(child_bound_[parent], look_[node]);
    }
    const int n_children = lexicon_->size() - 1;
    for (int at = 0; at < n_children; ++at) children_.push_back({lexicon_->child_unit(at), look_[lexicon_->child_node(at)]});
  }

  ScorerSettings settings_;
  int n_units_, space_;
  const LanguageModel* model_;
  const Lexicon* lexicon_;
  std::vector<uint32_t> ids_;   // the model's id of each token; 0 where it does not know it
  std::vector<float> boosts_;   // hot words, natural log; 0 elsewhere
  double weight_, max_gain_, off_look_ = 0.0, off_letter_ = 0.0;
  std::vector<float> look_, child_bound_;  // by lexicon node
  std::vector<Child> children_;
};

}  // namespace ds2
