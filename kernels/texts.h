// What beams of every kind say of the texts in their tree.
#pragma once

#include <string>

#include "prefix_tree.h"

namespace ds2 {

// The histories from a text's first token to its last.
std::vector<int32_t> path_of(const PrefixTree& tree, int history);

// The tokens that several histories begin with; kNone for those outside the lexicon.
std::vector<int> shared_tokens(const PrefixTree& tree, const std::vector<int32_t>& histories);

// What tells texts apart: their tokens; and where units are tokens that can be cut otherwise, their symbols.
std::string text_key(const PrefixTree& tree, const Scorer& scorer, int history);

// log p_lm of all tokens, without weight, penalty or boost.
double model_score(const PrefixTree& tree, const Scorer& scorer, int history);

// Whether a history is another, or has grown from it.
bool grew_from(const PrefixTree& tree, int history, int other);

// A hypothesis in a beam: where its text ends, and its score (natural log).
struct Reading {
  int32_t history;
  double score;
};

// Of the probability of all readings, the share of those that have grown from a history.
double share_of(const PrefixTree& tree, const std::vector<Reading>& readings, int history);

// Tokens that have stood in the best hypothesis for a while, or that nearly all of the probability says, are settled: then the
// hypotheses that say otherwise are dropped.
class Settling {
 public:
  Settling(std::size_t after, double share) : after_(after), share_(share) {}

  // After a frame, with the best hypothesis's histories and all that are in the beam: the history that all must have grown
  // from, or -1 where nothing new is settled.
  int32_t settle(const PrefixTree& tree, const std::vector<int32_t>& path, std::size_t frame, const std::vector<Reading>& readings);

  // The tree has been collected: the best hypothesis's histories have other numbers.
  void rename(const std::vector<int32_t>& path);

 private:
  std::size_t after_;  // frames
  double share_;       // 1: never sooner
  struct Standing {
    int32_t history;
    std::size_t since;  // frame
  };
  std::vector<Standing> standing_;  // the best hypothesis's tokens
  std::size_t settled_ = 0;         // so many of them are in every hypothesis
};

double log_add(double a, double b);

}  // namespace ds2
