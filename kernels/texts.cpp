#include "texts.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace ds2 {

double log_add(double a, double b) {
  if (a < b) std::swap(a, b);
  return b > kNever ? a + std::log1p(std::exp(b - a)) : a;
}

std::vector<int32_t> path_of(const PrefixTree& tree, int history) {
  std::vector<int32_t> path;
  for (; history; history = tree.history(history).parent) path.push_back(history);
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<int> shared_tokens(const PrefixTree& tree, const std::vector<int32_t>& histories) {
  const std::vector<int32_t> path = path_of(tree, histories.empty() ? 0 : histories[0]);
  std::unordered_map<int, std::size_t> length;
  for (std::size_t i = 0; i < path.size(); ++i) length.emplace(path[i], i + 1);
  std::size_t shared = path.size();
  for (int history : histories) {
    while (history && !length.count(history)) history = tree.history(history).parent;
    shared = std::min(shared, history ? length[history] : 0);
  }
  std::vector<int> tokens;
  for (std::size_t i = 0; i < shared; ++i) tokens.push_back(std::max(tree.history(path[i]).token, Lexicon::kNone));
  return tokens;
}

bool grew_from(const PrefixTree& tree, int history, int other) {
  while (history > 0 && history != other) history = tree.history(history).parent;
  return history == other;
}

double share_of(const PrefixTree& tree, const std::vector<Reading>& readings, int history) {
  double best = kNever, with = 0.0, all = 0.0;
  for (const Reading& reading : readings) best = std::max(best, reading.score);
  for (const Reading& reading : readings) {
    const double p = std::exp(reading.score - best);
    all += p;
    if (grew_from(tree, reading.history, history)) with += p;
  }
  return with / all;
}

int32_t Settling::settle(const PrefixTree& tree, const std::vector<int32_t>& path, std::size_t frame, const std::vector<Reading>& readings) {
  std::size_t same = 0;
  while (same < std::min(path.size(), standing_.size()) && path[same] == standing_[same].history) ++same;
  standing_.resize(same);
  for (; same < path.size(); ++same) standing_.push_back({path[same], frame});
  const std::size_t before = settled_;
  const auto is_settled = [&](const Standing& token) {
    return frame - token.since >= after_ || (share_ < 1.0 && share_of(tree, readings, token.history) >= share_);
  };
  while (settled_ < standing_.size() && is_settled(standing_[settled_])) ++settled_;
  return settled_ == before ? -1 : standing_[settled_ - 1].history;
}

void Settling::rename(const std::vector<int32_t>& path) {
  for (std::size_t i = 0; i < std::min(path.size(), standing_.size()); ++i) standing_[i].history = path[i];
}

std::string text_key(const PrefixTree& tree, const Scorer& scorer, int history) {
  std::vector<int32_t> key{history};
  const Alphabet& alphabet = scorer.alphabet();
  if (!scorer.has_words() && (!alphabet.single() || alphabet.space() >= 0)) {
    key.clear();
    const auto mark = [&] { if (!key.empty() && key.back() != Alphabet::kNone) key.push_back(Alphabet::kNone); };
    for (int32_t at : path_of(tree, history)) {
      const int unit = tree.history(at).token;
      if (unit == alphabet.space() || alphabet.begins(unit)) mark();
      key.insert(key.end(), alphabet.body(unit).begin(), alphabet.body(unit).end());
      if (!key.empty() && alphabet.is_alone(key.back())) mark();
    }
    if (!key.empty() && key.back() == Alphabet::kNone) key.pop_back();
  }
  return {reinterpret_cast<const char*>(key.data()), key.size() * sizeof(int32_t)};
}

double model_score(const PrefixTree& tree, const Scorer& scorer, int history) {
  State state = scorer.begin(), next{};
  double score = 0.0;
  for (int32_t at : path_of(tree, history)) {
    score += scorer.model_score(std::max(tree.history(at).token, Lexicon::kNone), state, next);
    state = next;
  }
  return score + scorer.model_end(state);
}

}  // namespace ds2
