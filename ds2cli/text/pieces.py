"""How a word is cut into pieces that have scores: the likeliest cut (Kudo 2018), or merges in their order (BPE)."""

import math
import random
import re
from collections.abc import Mapping


def likeliest_cut(word: str, scores: Mapping[str, float], longest: int) -> list[str] | None:
    """The pieces of the cut with the highest sum of log-probs; None where there is none."""
    best: list[tuple[float, int]] = [(0.0, 0)]  # score up to each letter, and where its last piece begins
    for end in range(1, len(word) + 1):
        ways = ((best[start][0] + scores[word[start:end]], start)
                for start in range(max(0, end - longest), end) if word[start:end] in scores)
        best.append(max(ways, default=(-math.inf, 0)))
    if best[-1][0] == -math.inf:
        return None
    pieces, end = [], len(word)
    while end:
        start = best[end][1]
        pieces.append(word[start:end])
        end = start
    return pieces[::-1]


def sampled_cut(word: str, scores: Mapping[str, float], longest: int, sharpness: float,
                generator: random.Random) -> list[str] | None:
    """A cut drawn in proportion to its pieces' probability to the power of `sharpness`; None where there is none."""
    mass = [1.0]  # of all cuts up to each letter
    shares: list[dict[int, float]] = [{}]  # and what of it comes from each place where the last piece may begin
    for end in range(1, len(word) + 1):
        shares.append({start: mass[start] * math.exp(sharpness * scores[word[start:end]])
                       for start in range(max(0, end - longest), end) if word[start:end] in scores})
        mass.append(sum(shares[-1].values()))
    if not mass[-1]:
        return None
    pieces, end = [], len(word)
    while end:
        start, = generator.choices(list(shares[end]), list(shares[end].values()))
        pieces.append(word[start:end])
        end = start
    return pieces[::-1]


def merged_cut(word: str, scores: Mapping[str, float]) -> list[str] | None:
    """Byte-pair encoding: of neighbours that are a piece together the highest score first, then the leftmost."""
    pieces = list(word)
    while True:
        pairs = [(scores[pieces[at] + pieces[at + 1]], -at) for at in range(len(pieces) - 1)
                 if pieces[at] + pieces[at + 1] in scores]
        if not pairs:
            return pieces if all(piece in scores for piece in pieces) else None
        at = -max(pairs)[1]
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]


def train_pieces(texts: list[str], count: int) -> dict[str, float]:
    """Pieces of a unigram model and their log-probs, by the sentencepiece package, in its order.

    raises  ImportError where it is not installed; ValueError where the texts do not hold so many pieces
    """
    import io

    import sentencepiece

    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_writer=model, vocab_size=count + 1, model_type="unigram",
            character_coverage=1.0, normalization_rule_name="identity", bos_id=-1, eos_id=-1, pad_id=-1,
            minloglevel=2, num_threads=1,
        )
    except RuntimeError as problem:
        most = re.search(r"value <= (\d+)", str(problem))
        raise ValueError(f"the texts hold {int(most[1]) - 1} at most" if most else str(problem)) from None
    trained = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    numbers = [number for number in range(trained.get_piece_size()) if not trained.is_unknown(number)]
    return {trained.id_to_piece(number): trained.get_score(number) for number in numbers}
