"""Words that are written with capitals wherever they stand: days, months, countries, and what a list of yours has."""

import re
from collections.abc import Iterable, Mapping

from ds2cli.text.english.abbreviations import MONTHS

_ALWAYS = """Monday Tuesday Wednesday Thursday Friday Saturday Sunday Christmas Easter Thanksgiving
Afghanistan Africa Albania Algeria America Antarctica Arabia Argentina Armenia Asia Atlantic Australia Austria
Azerbaijan Bangladesh Belarus Belgium Bolivia Bosnia Brazil Britain Bulgaria Burma Cambodia Cameroon Canada China
Colombia Congo Croatia Cuba Cyprus Denmark Ecuador Egypt England Estonia Ethiopia Europe Finland France Germany Ghana
Greece Greenland Guatemala Haiti Honduras Hungary Iceland India Indonesia Iran Iraq Ireland Israel Italy Jamaica Japan
Kazakhstan Kenya Korea Kuwait Laos Latvia Lebanon Libya Lithuania Luxembourg Malaysia Mexico Mongolia Morocco
Mozambique Namibia Nepal Netherlands Nicaragua Nigeria Norway Pakistan Palestine Panama Paraguay Peru Philippines
Poland Portugal Romania Russia Rwanda Scotland Serbia Singapore Slovakia Slovenia Somalia Spain Sudan Sweden
Switzerland Syria Taiwan Tanzania Thailand Tibet Tunisia Uganda Ukraine Uruguay Uzbekistan Venezuela Vietnam Wales
Yemen Zambia Zimbabwe
African American Arab Arabic Argentine Asian Australian Austrian Belgian Brazilian British Bulgarian Canadian
Catholic Chinese Christian Christianity Colombian Cuban Czech Danish Dutch Egyptian English Ethiopian European French
German Greek Hebrew Hindu Hungarian Indian Indonesian Iranian Iraqi Irish Islam Islamic Israeli Italian Japanese Jewish
Korean Latin Lutheran Mexican Mongolian Muslim Nigerian Norwegian Pakistani Palestinian Persian Peruvian Portuguese
Protestant Roman Romanian Russian Saudi Scottish Serbian Spanish Swedish Swiss Syrian Thai Turkish Ukrainian Vietnamese
Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Hawaii Idaho Illinois Indiana Iowa
Kansas Kentucky Louisiana Maryland Massachusetts Michigan Minnesota Mississippi Missouri Montana Nebraska Nevada Ohio
Oklahoma Oregon Pennsylvania Tennessee Texas Utah Vermont Virginia Wisconsin Wyoming
Amsterdam Athens Atlanta Baghdad Bangkok Barcelona Beijing Berlin Boston Brussels Budapest Cairo Chicago Copenhagen
Dallas Delhi Detroit Dublin Edinburgh Frankfurt Geneva Glasgow Hamburg Helsinki Houston Istanbul Jerusalem
Johannesburg Kyoto Lisbon Liverpool London Madrid Manchester Manhattan Melbourne Miami Milan Montreal Moscow Mumbai
Munich Nairobi Oslo Oxford Paris Philadelphia Prague Rome Seattle Seoul Shanghai Stockholm Sydney Tehran Tokyo Toronto
Vancouver Venice Vienna Warsaw Washington Zurich Hollywood
NASA NATO UNESCO UNICEF FIFA OPEC COVID Google Microsoft Facebook Wikipedia YouTube iPhone""".split()
_PHRASES = """New York|New Jersey|New Mexico|New Hampshire|New Zealand|New Orleans|New England|United States
United Kingdom|United Nations|North America|South America|North Carolina|South Carolina|North Dakota|South Dakota
West Virginia|South Africa|North Korea|South Korea|Saudi Arabia|Sri Lanka|Costa Rica|Puerto Rico|Rhode Island
Los Angeles|San Francisco|San Diego|Las Vegas|Hong Kong|Middle East|White House|Supreme Court|World War|Wall Street
Soviet Union|European Union""".replace("\n", "|").split("|")
_FIRST_PERSON = {"i": "I", "i'm": "I'm", "i'll": "I'll", "i've": "I've", "i'd": "I'd", "i's": "I's"}

# One word: how it is written.
WORDS = {word.lower(): word for word in _ALWAYS} | _FIRST_PERSON
WORDS |= {month: month.capitalize() for month in MONTHS if month not in ("may", "march")}
# Two words: the first, then the second and how both are written.
PHRASES = {phrase.lower(): phrase for phrase in _PHRASES}

_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_ENDS = re.compile(r"(?:^|[.!?:;…]['\"”’)\]]*)\s*['\"“‘(\[]*$")


def cased_words(lines: Iterable[str]) -> dict[str, str]:
    """Names by their lower-case forms, from a list with a word in each line or from any text in sentences.

    A word that begins a sentence proves nothing, unless it is alone in its line; one that stands in lower case
    elsewhere is no name.
    """
    names: dict[str, str] = {}
    common: set[str] = set()
    for line in lines:
        found = list(_WORD.finditer(line))
        for word in found:
            text = word[0].replace("’", "'").removesuffix("'s")
            if text == text.lower():
                common.add(text)
            elif len(found) == 1 or text[1:] != text[1:].lower() or not _ENDS.search(line, 0, word.start()):
                names.setdefault(text.lower(), text)
    return {lower: text for lower, text in names.items() if lower not in common and len(lower) > 1}


def written_name(word: str, names: Mapping[str, str]) -> str:
    """A word as it is written where it is a name, or the first person; else the word."""
    host, apostrophe, ending = word.partition("'")
    whole = names.get(word) or WORDS.get(word)
    if whole or ending != "s":
        return whole or word
    return (names.get(host) or WORDS.get(host) or host) + apostrophe + ending
