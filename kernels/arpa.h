// An ARPA file's n-grams as plain arrays.
#pragma once

#include <cmath>
#include <limits>

#include "kenlm_format.h"
#include "utf8.h"

namespace ds2 {

// Words to ids, by their hash alone, as the binary finds them too: open addressing, at most half full.
class WordIds {
 public:
  int32_t find(uint64_t hash) const {  // -1 where it is not there
    for (uint64_t at = hash & mask_; slots_[at].id >= 0; at = (at + 1) & mask_)
      if (slots_[at].hash == hash) return slots_[at].id;
    return -1;
  }

  void add(uint64_t hash, int32_t id) {
    if (2 * ++count_ > slots_.size()) grow();
    put({hash, id});
  }

 private:
  struct Slot {
    uint64_t hash = 0;
    int32_t id = -1;
  };

  void put(const Slot& slot) {
    uint64_t at = slot.hash & mask_;
    while (slots_[at].id >= 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old)
      if (slot.id >= 0) put(slot);
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1 << 12);
  uint64_t mask_ = (1 << 12) - 1, count_ = 0;
};

struct ArpaOrder {
  std::vector<int32_t> ids;
  std::vector<float> probabilities, backoffs;
};

// Where a word or an n-gram is listed again, the last line counts; but a </s> that only repeats what <s> has is passed over
// (a published recipe for speech models adds one to lmplz's files, which have their own).
struct ArpaRepeats {
  uint64_t count = 0;
  std::string first;  // as it is written
};

// throws std::invalid_argument("line N: what") at the first line that is wrong
class ArpaReader {
 public:
  explicit ArpaReader(std::string_view text) : text_(text) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") text_.remove_prefix(3);
  }

  std::vector<std::string_view> words;  // in order of id; words[0] is <unk>
  std::vector<ArpaOrder> orders;
  std::vector<ArpaRepeats> repeats;  // per order; those above 1 are found by merge_repeats()
  bool begin_repeated_as_end = false;

  void read() {
    const std::vector<uint64_t> counts = read_counts();
    words.assign(1, "<unk>");
    const uint64_t likely = std::min<uint64_t>(counts[0], text_.size() / 4) + 2;
    words.reserve(likely);
    ids_.add(hash_word("<unk>"), 0);
    orders.resize(counts.size());
    repeats.resize(counts.size());
    for (std::size_t n = 1; n <= counts.size(); ++n) read_order(static_cast<int>(n), counts[n - 1]);
    if (std::string_view line = next_full_line(); line != "\\end\\") fail("expected \\end\\, found `" + shown(line) + "`");
  }

  bool has_word(std::string_view word) const { return ids_.find(hash_word(word)) >= 0; }

  // n-grams of an order above 1 that are listed again: the last line's weights move to the first one's place.
  void merge_repeats(int n) {
    ArpaOrder& order = orders[n - 1];
    const uint64_t count = order.probabilities.size();
    std::vector<uint64_t> slots(2 * count + 1);  // 1 + the row that was there first
    uint64_t kept = 0;
    for (uint64_t row = 0; row < count; ++row) {
      const int32_t* ids = order.ids.data() + row * n;
      uint64_t slot = key_of(ids, n) % slots.size();
      while (slots[slot] && !std::equal(ids, ids + n, order.ids.data() + (slots[slot] - 1) * n))
        if (++slot == slots.size()) slot = 0;
      const uint64_t to = slots[slot] ? slots[slot] - 1 : kept++;
      if (slots[slot] && !repeats[n - 1].count++) repeats[n - 1].first = text_of(ids, n);
      slots[slot] = to + 1;
      std::copy(ids, ids + n, order.ids.data() + to * n);
      order.probabilities[to] = order.probabilities[row];
      order.backoffs[to] = order.backoffs[row];
    }
    order.ids.resize(kept * n), order.probabilities.resize(kept), order.backoffs.resize(kept);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument("line " + std::to_string(line_number_) + ": " + what);
  }

  // A piece of the file for a message: at most forty bytes, with \xNN for what is not UTF-8 or not to be printed.
  static std::string shown(std::string_view piece) {
    std::string out;
    for (std::size_t at = 0; at < piece.size() && at < 40;) {
      const std::size_t length = utf8_length(piece, at);
      const auto byte = static_cast<uint8_t>(piece[at]);
      if (length && byte >= 0x20 && byte != 0x7F) {
        out += piece.substr(at, length), at += length;
        continue;
      }
      static const char digits[] = "0123456789abcdef";
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]}, ++at;
    }
    return out;
  }

  static uint64_t key_of(const int32_t* ids, int n) {
    uint64_t key = 0;
    for (int i = 0; i < n; ++i) key = (key ^ static_cast<uint32_t>(ids[i])) * 0x9E3779B97F4A7C15u, key ^= key >> 29;
    return key;
  }

  std::string text_of(const int32_t* ids, int n) const {
    std::string text;
    for (int i = 0; i < n; ++i) text += (i ? " " : "") + shown(words[ids[i]]);
    return text;
  }

  bool next_line(std::string_view& line) {
    if (at_ >= text_.size()) return false;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    line = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++line_number_;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    return true;
  }

  std::string_view next_full_line() {
    std::string_view line;
    while (next_line(line))
      if (!line.empty()) return line;
    ++line_number_;
    fail("the file ends too early");
  }

  std::vector<uint64_t> read_counts() {
    std::string_view line;
    while (true) {  // any text may stand before \data\ that counts n-grams
      do {
        if (!next_line(line)) fail("no \\data\\: this is neither an ARPA file nor a KenLM binary");
      } while (line != "\\data\\");
      std::vector<uint64_t> counts;
      std::size_t before = at_;
      for (; next_line(line) && !(line.empty() && !counts.empty()); before = at_) {
        if (line.empty()) continue;
        if (line.substr(0, 6) != "ngram ") {
          at_ = before, --line_number_;
          break;
        }
        const std::size_t equals = line.find('=');
        if (equals == line.npos || std::atoi(std::string(line.substr(6)).c_str()) != static_cast<int>(counts.size()) + 1)
          fail("expected `ngram " + std::to_string(counts.size() + 1) + "=`, found `" + shown(line) + "`");
        counts.push_back(std::strtoull(std::string(line.substr(equals + 1)).c_str(), nullptr, 10));
      }
      if (counts.size() > kMaxOrder) fail("order " + std::to_string(counts.size()) + "; at most " + std::to_string(kMaxOrder) + " can be read");
      if (!counts.empty()) return counts;
      fail("no counts (`ngram 1=...`) after \\data\\");
    }
  }

  void read_order(int n, uint64_t count) {
    const std::string title = "\\" + std::to_string(n) + "-grams:";
    if (std::string_view line = next_full_line(); line != title) fail("expected " + title + ", found `" + shown(line) + "`");
    ArpaOrder& order = orders[n - 1];
    const uint64_t likely = std::min<uint64_t>(count, text_.size() / 4) + 1;
    order.ids.reserve(likely * n), order.probabilities.reserve(likely), order.backoffs.reserve(likely);
    if (n == 1) add(order, {0}, -100.0f, 0.0f);  // <unk>, until the file says otherwise
    std::vector<int32_t> ids(n);
    for (uint64_t i = 0; i < count; ++i) {
      std::string_view line;
      if (!next_line(line)) fail("the file ends too early: " + std::to_string(i) + " of " + std::to_string(count) + " " + std::to_string(n) + "-grams");
      if (line.empty() || line[0] == '\\')
        fail(std::to_string(i) + " " + std::to_string(n) + "-grams, where \\data\\ promises " + std::to_string(count));
      read_ngram(line, n, order, ids);
    }
  }

  static void add(ArpaOrder& order, const std::vector<int32_t>& ids, float probability, float backoff) {
    order.ids.insert(order.ids.end(), ids.begin(), ids.end());
    order.probabilities.push_back(probability);
    order.backoffs.push_back(backoff);
  }

  void read_ngram(std::string_view line, int n, ArpaOrder& order, std::vector<int32_t>& ids) {
    float probability = number(field(line), "probability");
    if (probability > 0.0f) {
      if (probability > 1e-4f) fail("a positive log-probability");
      probability = 0.0f;
    }
    std::string_view word;
    for (int i = 0; i < n; ++i) {
      word = field(line);
      if (word.empty()) fail("fewer than " + std::to_string(n) + " words");
      if (n > 1) ids[i] = known(word);
    }
    const std::string_view rest = field(line);
    const float backoff = rest.empty() ? 0.0f : number(rest, "backoff");
    if (!field(line).empty()) fail("more than " + std::to_string(n) + " words and a backoff");
    if (n > 1) return add(order, ids, probability, backoff);
    if (first_not_utf8(word) != word.npos) fail("`" + shown(word) + "` is not UTF-8");
    if (word.find('\0') != word.npos) fail("`" + shown(word) + "` holds a zero byte");
    if (word == "<UNK>") word = "<unk>";
    const uint64_t hash = hash_word(word);
    const int32_t found = ids_.find(hash);
    if (found < 0) {
      const auto id = static_cast<int32_t>(words.size());
      ids_.add(hash, id);
      ids[0] = id;
      add(order, ids, probability, backoff);
      words.push_back(word);
    } else if (found == 0 && !unknown_seen_) {  // so far it had what every model gives it
      order.probabilities[0] = probability, order.backoffs[0] = backoff;
    } else {
      repeat(order, found, probability, backoff);
    }
    unknown_seen_ |= found == 0;
  }

  void repeat(ArpaOrder& order, int32_t id, float probability, float backoff) {
    const int32_t begin = words[id] == "</s>" ? ids_.find(hash_word("<s>")) : -1;
    if (begin >= 0) {
      const auto as_begin = [&](float p, float b) { return p == order.probabilities[begin] && b == order.backoffs[begin]; };
      const bool old_is_copy = as_begin(order.probabilities[id], order.backoffs[id]);
      if (old_is_copy || as_begin(probability, backoff)) {
        begin_repeated_as_end = true;
        if (old_is_copy) order.probabilities[id] = probability, order.backoffs[id] = backoff;
        return;
      }
    }
    if (!repeats[0].count++) repeats[0].first = shown(words[id]);
    order.probabilities[id] = probability, order.backoffs[id] = backoff;
  }

  int32_t known(std::string_view word) {
    const int32_t found = ids_.find(hash_word(word));
    if (found >= 0) return found;
    if (word == "<UNK>") return 0;
    fail("`" + shown(word) + "` is not among the 1-grams");
  }

  static std::string_view field(std::string_view& line) {
    std::size_t begin = 0;
    while (begin < line.size() && (line[begin] == ' ' || line[begin] == '\t')) ++begin;
    std::size_t end = begin;
    while (end < line.size() && line[end] != ' ' && line[end] != '\t') ++end;
    const std::string_view found = line.substr(begin, end - begin);
    line.remove_prefix(end);
    return found;
  }

  // strtof reads the locale and copies; ARPA's plain decimals need neither.
  float number(std::string_view text, const char* what) const {
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    std::size_t i = 0;
    const bool negative = !text.empty() && text[0] == '-';
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++i;
    uint64_t digits = 0;
    int places = 0, seen = 0;
    bool point = false;
    for (; i < text.size(); ++i) {
      if (text[i] == '.' && !point) point = true;
      else if (text[i] >= '0' && text[i] <= '9' && seen < 18) digits = digits * 10 + (text[i] - '0'), ++seen, places += point;
      else break;
    }
    if (i < text.size() || !seen) return unusual_number(text, what);
    const double value = static_cast<double>(digits) / powers[places];
    return static_cast<float>(negative ? -value : value);
  }

  float unusual_number(std::string_view text, const char* what) const {
    const std::string copy(text);
    char* end = nullptr;
    const double value = std::strtod(copy.c_str(), &end);
    if (copy.empty() || *end || std::isnan(value) || value > 1e30) fail("`" + shown(text) + "` is not a " + what);
    return value < -1e30 ? -99.0f : static_cast<float>(value);  // log 0, as other tools write it
  }

  std::string_view text_;
  bool unknown_seen_ = false;
  std::size_t at_ = 0;
  uint64_t line_number_ = 0;
  WordIds ids_;
};

}  // namespace ds2
