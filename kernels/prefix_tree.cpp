#include "prefix_tree.h"

namespace ds2 {

void PrefixTree::ask_ends(int index) {
  const int history = prefixes_[index].history, text = prefixes_[index].text, node = in_lexicon(text);
  const std::size_t first = ends_.size();
  const auto add = [&](int token, float log_weight) {
    State state;
    int32_t phrase;
    ends_.push_back({token, -1, log_weight, histories_[history].gain + token_gain(history, token, letters(text), state, phrase) + log_weight});
  };
  if (text && node >= 0 && lexicon_->has_word(node)) {
    for (auto [ending, last] = lexicon_->words(node); ending != last; ++ending) add(ending->word, ending->log_weight);
  } else if (text && scorer_.has_open_vocabulary()) {
    add(kOutside - text, 0.0f);
  }
  if (ends_.size() > first + 1) std::stable_sort(ends_.begin() + first, ends_.end(), [](const End& a, const End& b) { return a.gain > b.gain; });
  prefixes_[index].first_end = static_cast<int32_t>(first);
  prefixes_[index].n_ends = static_cast<int32_t>(ends_.size() - first);
}

// Every prefix from which the last unit leads to this one.
void PrefixTree::find_sources(int index) {
  const int history = prefixes_[index].history, text = prefixes_[index].text, unit = prefixes_[index].unit;
  const std::size_t first = sources_.size();
  if (!scorer_.has_words()) {
    const int before = histories_[history].parent;
    if (history) sources_.push_back({find_or_add(before, Lexicon::kRoot, before ? histories_[before].token : Alphabet::kNone), 0.0f});
  } else if (!text) {
    if (history) add_sources_through_word(history);  // the start has none
  } else {
    const int before = back(text, alphabet_.length(unit));
    if (before) {
      add_sources_at(history, before, 0.0f);
    } else {
      if (!history || scorer_.space() >= 0) sources_.push_back({find_or_add(history, Lexicon::kRoot, scorer_.space()), 0.0f});
      if (history && (alphabet_.begins(unit) || alphabet_.joined() || ends_alone(history))) add_sources_through_word(history);
    }
  }
  Prefix& prefix = prefixes_[index];
  prefix.source = static_cast<int32_t>(first);
  prefix.n_sources = static_cast<int32_t>(sources_.size() - first);
  if (prefix.n_sources != 1) return;
  prefix.source = sources_.back().prefix, prefix.log_weight = sources_.back().log_weight;
  sources_.pop_back();
}

// Whether the last token is a word of one unit, after which another may begin with any.
bool PrefixTree::ends_alone(int history) const {
  if (!alphabet_.has_alone()) return false;
  const int token = histories_[history].token;
  if (token < 0) return is_alone(kOutside - token);
  const auto [first, last] = lexicon_->spellings(token);
  return first != last && is_alone(first->node);
}

void PrefixTree::add_sources_at(int history, int text, float log_weight) {
  units_ending(text, [&](int unit, int) { sources_.push_back({find_or_add(history, text, unit), log_weight}); });
}

void PrefixTree::add_sources_through_word(int history) {
  const int parent = histories_[history].parent, token = histories_[history].token;
  if (token < 0) return add_sources_at(parent, kOutside - token, 0.0f);
  for (auto [spelling, last] = lexicon_->spellings(token); spelling != last; ++spelling) add_sources_at(parent, spelling->node, spelling->log_weight);
}

void PrefixTree::keep_only(const std::vector<int>& wanted) {
  std::vector<int32_t> history_names(histories_.size(), -1), text_names(outside_.size(), -1);
  const auto want_text = [&](int text) {
    for (; text >= inside_ && text_names[text - inside_] < 0; text = outside_[text - inside_].parent) text_names[text - inside_] = 0;
  };
  history_names[0] = 0;
  for (int index : wanted) {
    want_text(prefixes_[index].text);
    for (int history = prefixes_[index].history; history_names[history] < 0; history = histories_[history].parent) {
      history_names[history] = 0;
      if (histories_[history].token <= kOutside && scorer_.has_words()) want_text(kOutside - histories_[history].token);
    }
  }
  std::size_t kept = 0;
  const auto named = [&](int text) { return text >= inside_ ? inside_ + text_names[text - inside_] : text; };
  for (std::size_t i = 0; i < outside_.size(); ++i) {  // a parent's number is below its children's
    if (text_names[i] < 0) continue;
    outside_[i].parent = named(outside_[i].parent);
    text_names[i] = static_cast<int32_t>(kept);
    outside_[kept++] = outside_[i];
  }
  outside_.resize(kept);
  kept = 0;
  for (std::size_t i = 0; i < histories_.size(); ++i) {
    if (history_names[i] < 0) continue;
    History history = histories_[i];
    if (history.parent >= 0) history.parent = history_names[history.parent];
    if (history.token <= kOutside && scorer_.has_words()) history.token = kOutside - named(kOutside - history.token);
    history_names[i] = static_cast<int32_t>(kept);
    histories_[kept++] = history;
  }
  histories_.resize(kept);
  std::vector<Prefix> prefixes;
  for (int index : wanted) {
    const Prefix& old = prefixes_[index];
    prefixes.push_back({history_names[old.history], named(old.text), old.unit, old.slot, 0, -1, 0.0f, 0, -1, ~std::size_t{0}});
  }
  prefixes_ = std::move(prefixes);
  sources_.clear();
  ends_.clear();
  name_all();
}

void PrefixTree::name_all() {
  prefix_table_.clear(), history_table_.clear(), text_table_.clear();
  for (std::size_t i = 0; i < prefixes_.size(); ++i) prefix_table_.add(static_cast<int>(i), [&](int at) { return prefix_hash(at); });
  for (std::size_t i = 1; i < histories_.size(); ++i) history_table_.add(static_cast<int>(i), [&](int at) { return history_hash(at); });
  for (std::size_t i = 0; i < outside_.size(); ++i) text_table_.add(inside_ + static_cast<int>(i), [&](int at) { return text_hash(at); });
}

}  // namespace ds2
