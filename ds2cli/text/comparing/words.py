"""Words to the ones that they are compared as: contractions written out, one spelling, one way to join and shorten."""

import re
from functools import lru_cache

from ds2cli.text.comparing.letters_run import letter_words
from ds2cli.text.comparing.numbers import ORDINALS, PLURALS, SCALES, SMALL, TENS

# --- contractions ---------------------------------------------------------------------------------------------------

_ENDINGS = {"re": "are", "ve": "have", "ll": "will", "m": "am"}
_NEGATED = {"ca": "can", "wo": "will", "sha": "shall"}
# After these, 's is a verb; after any other word it is taken for the possessive, which is not written out.
_BEFORE_IS = frozenset(
    """he she it that there here what who where when why how this everything something nothing everyone everybody
    someone somebody nobody anybody anyone""".split()
)
_PARTICIPLES = frozenset(
    """been got gotten gone had become come taken seen done made given known grown shown written broken spoken chosen
    forgotten fallen eaten driven ridden risen stolen worn torn begun run won lost found left kept brought bought
    thought taught caught felt heard held told sold said paid met sent spent built""".split()
)
_BASES_IN_ED = frozenset("need feed speed proceed succeed exceed embed heed bleed breed seed wed shed shred".split())
_WHOLE = {
    "let's": "let us", "y'all": "you all", "o'clock": "oclock", "d'you": "do you", "'tis": "it is", "'twas": "it was",
    "'twere": "it were", "'twill": "it will", "'twould": "it would", "'em": "them", "'cause": "because",
    "'bout": "about", "'til": "until", "'till": "until", "'n": "and", "'n'": "and", "c'mon": "come on",
    "ma'am": "maam", "ain't": "aint", "o'er": "over", "e'er": "ever", "ne'er": "never", "an'": "and", "o'": "of",
    "th'": "the",
}  # fmt: skip
_WITHOUT_APOSTROPHE = {
    **{f"{word}nt": f"{word} not" for word in
       "do did does is was were are could should would has have had need must might".split()},
    "cant": "can not", "wont": "will not", "shant": "shall not", "cannot": "can not",
    "im": "i am", "ive": "i have", "youre": "you are", "youve": "you have", "youll": "you will", "theyre": "they are",
    "theyve": "they have", "theyll": "they will", "weve": "we have", "hes": "he is", "shes": "she is",
    "thats": "that is", "whats": "what is", "theres": "there is", "yall": "you all",
    "gonna": "going to", "wanna": "want to", "gotta": "got to", "gimme": "give me", "lemme": "let me",
    "kinda": "kind of", "sorta": "sort of", "lotta": "lot of", "outta": "out of", "dunno": "do not know",
    "shoulda": "should have", "coulda": "could have", "woulda": "would have",
}  # fmt: skip


def expand(word: str, following: str) -> list[str]:
    """A word without its apostrophes, its contraction written out; `following` tells is from has, would from had."""
    if "'" not in word:
        return _WITHOUT_APOSTROPHE[word].split() if word in _WITHOUT_APOSTROPHE else [word]
    if word in _WHOLE:
        return _WHOLE[word].split()
    bare = word.strip("'")
    if word.endswith("in'") and len(bare) > 3:
        bare += "g"
    if bare != word:
        return expand(bare, following) if bare else []
    host, _, ending = word.rpartition("'")
    if ending == "t" and host.endswith("n") and len(host) > 1:
        return [*expand(_NEGATED.get(host[:-1], host[:-1]), ""), "not"]
    if ending in _ENDINGS:
        return [*expand(host, ""), _ENDINGS[ending]]
    if ending == "d":
        return [*expand(host, ""), "had" if _is_participle(following) or following == "better" else "would"]
    if ending == "s" and host in _BEFORE_IS:
        return [host, "has" if following in _PARTICIPLES else "is"]
    return [word] if ending == "s" else expand(host + ending, following)


def _is_participle(word: str) -> bool:
    return word in _PARTICIPLES or (word.endswith("ed") and word not in _BASES_IN_ED)


# --- spellings ------------------------------------------------------------------------------------------------------

_IZE = re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing|ingly|able|ation|ations|ational)$)")
_KEEP_ISE = re.compile(
    r"(?:wise|rais|prais|advis|devis|revis|televis|supervis|improvis|promis|premis|precis|concis|excis|incis|circumcis"
    r"|surpris|enterpris|compris|appris|advertis|expertis|treatis|chastis|exercis|paradis|merchandis|franchis|disguis"
    r"|despis|demis|surmis|nois|pois|tortois|turquois|cruis|bruis|malais|liais|pris|vis|guis)\w{0,6}$"
)
_OUR = re.compile(
    r"(?:arb|ard|arm|behavi|cand|clam|col|demean|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl|ranc|rig"
    r"|rum|savi|sav|splend|succ|tum|val|vap|vig|enam)our"
)
_DOUBLED = re.compile(
    r"^((?:un|re|mis|out)?(?:travel|cancel|model|label|level|signal|quarrel|fuel|dial|counsel|jewel|marvel|channel"
    r"|duel|equal|funnel|gravel|grovel|initial|kennel|libel|panel|pencil|rival|shovel|snorkel|spiral|swivel|total|towel"
    r"|tranquil|tunnel|unravel|yodel|wool))l(?=ed|ing|er|or|ous|est|en)"
)
# (British, American) at a beginning, at an end, or as a whole word.
_AMERICAN = [
    (re.compile(british), american) for british, american in (
        (r"lys(?=(?:e|ed|es|er|ers|ing)$)", "lyz"), (r"logue(?=s?$)", "log"), (r"^an?aem(?=i)", "anem"),
        (r"(?<=[hkc])aem(?=i|o|a)", "em"), (r"^haem", "hem"), (r"^archae", "arche"), (r"paed(?=i|a)", "ped"),
        (r"aesth", "esth"), (r"^oes(?=tro|oph)", "es"), (r"^foet", "fet"), (r"rhoea", "rhea"),
        (r"^mediaev", "mediev"), (r"^manoeuvre(?=d?s?$)", "maneuver"), (r"^manoeuvr", "maneuver"),
        (r"^(skil|wil)(?=ful)", r"\1l"), (r"^(fulfil|enrol|instal|distil)(?=s?$|ment)", r"\1l"),
        (r"^(met|theat|fib|calib|sab|spect|somb|lust|meag|saltpet)re(?=s?$|wide$|board$)", r"\1er"),
        (r"(cent|lit|[io]met)re(?=s?$|d$|piece$)", r"\1er"), (r"^(cent|fib|calib)r(?=ing$)", r"\1er"),
        (r"^(def|off|pret)ence(?=s?$|less)", r"\1ense"), (r"^licenc(?=e)", "licens"),
        (r"^practis(?=e|i)", "practic"), (r"^(judg|acknowledg|lodg|abridg)ement", r"\1ment"),
        (r"^grey", "gray"), (r"^plough", "plow"), (r"^(s?m)ou(?=ld)", r"\1o"), (r"^moult", "molt"),
        (r"^sceptic", "skeptic"), (r"^cosy$", "cozy"), (r"^yogh?ourt|^yoghurt", "yogurt"),
        (r"^cheque(?=s?$|book)", "check"), (r"^programme(?=s?$)", "program"), (r"^tyre(?=s?$)", "tire"),
        (r"^kerb(?=s?$)", "curb"), (r"^gaol", "jail"), (r"^draught(?=s?$|y$)", "draft"), (r"^storey(?=s?$)", "story"),
        (r"^pyjama", "pajama"), (r"^moustache", "mustache"), (r"^doughnut", "donut"), (r"^ageing$", "aging"),
        (r"^axe$", "ax"), (r"^aluminium", "aluminum"), (r"^carburett", "carburet"), (r"^disc(?=s?$)", "disk"),
        (r"^enquir", "inquir"), (r"^cancelation", "cancellation"), (r"^jewel(?:le|e)ry", "jewelry"),
    )
]  # fmt: skip
_VARIANTS = {
    "ok": "okay", "okey": "okay", "alright": "all right", "till": "until", "thru": "through", "tho": "though",
    "nite": "night", "whisky": "whiskey", "nought": "zero", "fourty": "forty", "umm": "um", "uhm": "um", "uhh": "uh",
    "hm": "hmm", "hmmm": "hmm", "yea": "yeah", "mr": "mister", "mrs": "missus", "dr": "doctor", "prof": "professor",
    "capt": "captain", "lt": "lieutenant", "lieut": "lieutenant", "sgt": "sergeant", "col": "colonel",
    "gov": "governor", "sen": "senator", "jr": "junior", "sr": "senior", "vs": "versus", "ave": "avenue",
    "blvd": "boulevard", "mt": "mount", "etc": "et cetera", "etcetera": "et cetera", "dept": "department",
    "govt": "government", "approx": "approximately", "assoc": "associate", "assn": "association",
    "inc": "incorporated", "ltd": "limited", "corp": "corporation", "esq": "esquire", "bros": "brothers",
    "univ": "university", "gen": "general", "cmdr": "commander", "cpl": "corporal", "pvt": "private",
    "usd": "us dollars", "gbp": "pounds", "eur": "euros", "pct": "percent", "ie": "that is", "eg": "for example",
    # Neither case nor a full stop tells which of the two `st` is: the three are compared as one.
    "saint": "st", "street": "st",
}  # fmt: skip


@lru_cache(maxsize=65536)
def spell(word: str) -> str:
    """The one spelling of a word (some are two): American, short forms written out, variants merged."""
    if word in _VARIANTS:
        return _VARIANTS[word]
    host, apostrophe, ending = word.partition("'")
    if len(host) < 3:
        return word
    if len(host) > 5 and not _KEEP_ISE.search(host):
        host = _IZE.sub("iz", host)
    host = _OUR.sub(lambda found: found[0][:-3] + "or", host)
    host = _DOUBLED.sub(r"\1", host)
    for british, american in _AMERICAN:
        host = british.sub(american, host)
    return _VARIANTS.get(host, host) + apostrophe + ending


# --- compounds ------------------------------------------------------------------------------------------------------

_JOINED = """any-more any-body any-thing any-time any-way any-where any-one every-body every-day every-thing every-where
every-one some-body some-thing some-time some-times some-what some-where some-how some-one no-body no-where
all-ready a-while a-lot may-be in-to on-to with-in with-out through-out through-put under-way over-all good-bye by-pass
to-day to-night to-morrow week-end week-day birth-day web-site web-page e-mail e-mails e-commerce e-book e-books
on-line off-line data-base home-page home-work house-hold class-room bed-room bath-room news-paper ice-cream
health-care child-care day-care air-port air-line air-craft foot-ball base-ball basket-ball soft-ware hard-ware
lap-top desk-top note-book key-board pass-word user-name smart-phone cell-phone tele-phone head-phones down-load
up-load up-date up-grade back-yard back-up back-ground play-ground side-walk high-way high-light sun-light
day-light moon-light life-time life-style long-term time-line dead-line head-line out-side in-side up-stairs
down-stairs down-town work-place work-shop work-out work-force net-work frame-work team-work book-store
grand-mother grand-father grand-parents step-mother step-father my-self your-self him-self her-self it-self
our-selves your-selves them-selves one-self what-ever when-ever where-ever who-ever how-ever what-so-ever
never-the-less none-the-less there-fore mean-while mean-time per-cent x-ray x-rays t-shirt t-shirts
o-clock well-being car-pool pop-corn wild-life sea-food rain-bow water-fall fire-works hand-made
hand-book text-book note-books bank-rupt break-fast hair-cut tooth-brush wheel-chair wi-fi sci-fi hi-fi""".split()
COMPOUNDS = {tuple(parts.split("-")): parts.replace("-", "") for parts in _JOINED}
COMPOUNDS |= {("oh", "clock"): "oclock"}
PREFIXES = frozenset("anti non pre multi semi pseudo co re ultra".split())
LONGEST = max(map(len, COMPOUNDS))
_BEGINNINGS = PREFIXES.union(parts[0] for parts in COMPOUNDS)


def join(words: list[str]) -> list[str]:
    """Compounds in one word, however they were written: `web-site`, `ice cream`, `co-operate`; letters in one word."""
    joined: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        size = 1
        if word in _BEGINNINGS and not (word in _BEFORE_ONE and _counts(words, at + 1)):
            sizes = range(min(LONGEST, len(words) - at), 1, -1)
            size = next((size for size in sizes if tuple(words[at : at + size]) in COMPOUNDS), 1)
        if size > 1:
            joined += COMPOUNDS[tuple(words[at : at + size])].split()
        elif word in PREFIXES and at + 1 < len(words) and words[at + 1].isalpha() and len(words[at + 1]) > 1 and (
                words[at + 1] not in _NUMBER_WORDS):  # CO2 is no `cotwo`
            words[at + 1] = word + words[at + 1]
        else:
            joined.append(word)
        at += size
    return joined


_NUMBER_WORDS = frozenset({*SMALL, *TENS, *ORDINALS, *PLURALS, *SCALES})
# `some one hundred cars`: what follows is a number, though `some one` were one word.
_BEFORE_ONE = frozenset(["some", "any", "every", "no"])
_COUNTED = frozenset(
    "hundred thousand million billion trillion point half third quarter fourth fifth sixth eighth tenth".split()
)


def _counts(words: list[str], at: int) -> bool:
    return words[at : at + 1] == ["one"] and at + 1 < len(words) and words[at + 1] in _COUNTED


_LETTER = re.compile(r"[a-z](?:'s)?$")


def join_letters(words: list[str]) -> list[str]:
    """Letters that are spelled, `b b c`, as the word that print makes of them; `a` and `i` alone are words."""
    if not any(len(word) == 1 or word[1:] == "'s" for word in words):
        return words
    joined: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if word and _LETTER.match(word) and not (run and "'" in run[-1]):
            run.append(word)
            continue
        joined += _spelled_out(run, joined[-1] if joined else "")
        run = [word] if word and _LETTER.match(word) else []
        joined += [word] if word and not run else []
    return joined + run


def _spelled_out(run: list[str], before: str) -> list[str]:
    """The words of a run of letters; `p m` behind a number are none of the letters that follow."""
    if len(run) > 2 and run[0] in ("a", "p") and run[1] == "m" and (before[:1].isdigit() or before in _BEFORE_HALF):
        return ["".join(run[:2]), *_spelled_out(run[2:], "")]
    if len(run) < 2:
        return run
    groups = letter_words(run)
    if groups is None and {"a", "i"}.issuperset(run):
        return run
    return ["".join(group) for group in groups or [run]]


_BEFORE_HALF = frozenset(
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty oclock".split()
)
