"""How written English is read aloud, against what a person says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.text.english import numbers
from ds2cli.text.normalise import normalise_english

READINGS = {
    # figures
    "3 dogs, 12 cats": "three dogs twelve cats",
    "1,234,567.89": "one million two hundred and thirty four thousand five hundred and sixty seven point eight nine",
    "007": "zero zero seven",
    "20.0 or 12.5": "twenty point zero or twelve point five",
    "-5 degrees": "minus five degrees",
    "COVID-19": "covid nineteen",
    "a 4K screen": "a four k screen",
    "1st 2nd 3rd 11th 21st 1,000th": "first second third eleventh twenty first one thousandth",
    "1/2, 3/4, 2/3, 1½": "one half three quarters two thirds one and a half",
    "pages 10-12": "pages ten to twelve",
    "1914–18": "nineteen fourteen to eighteen",
    "call 555-1234": "call five five five one two three four",
    "1-800-555-1234": "one eight zero zero five five five one two three four",
    "version 3.1.4": "version three point one point four",
    # years and decades
    "in 1906": "in nineteen oh six",
    "in 1900, 2000, 2005, 2026": "in nineteen hundred two thousand two thousand and five twenty twenty six",
    "the 1920s and '90s": "the nineteen twenties and nineties",
    "1500 men": "fifteen hundred men",
    # dates and times
    "November 20, 2026": "november twentieth twenty twenty six",
    "20 November 2026": "the twentieth of november twenty twenty six",
    "the 3rd of March": "the third of march",
    "on the 4th July": "on the fourth of july",
    "Nov. 5": "november fifth",
    "2026-11-20": "november twentieth twenty twenty six",
    "12/25/2020": "december twenty fifth twenty twenty",
    "25/12/2020": "december twenty fifth twenty twenty",
    "10:30": "ten thirty",
    "10:05 p.m.": "ten oh five p m",
    "5pm": "five p m",
    "12:00": "twelve o'clock",
    # money
    "$5": "five dollars",
    "$1": "one dollar",
    "$5.50": "five dollars and fifty cents",
    "$0.05": "five cents",
    "$.99": "ninety nine cents",
    "£3.5 million": "three point five million pounds",
    "€20bn": "twenty billion euros",
    "$3-4 million, $5-$10": "three to four million dollars five to ten dollars",
    # units and symbols
    "-40°F (−40 °C)": "minus forty degrees fahrenheit minus forty degrees celsius",
    "10-15 km, 5-10%": "ten to fifteen kilometers five to ten percent",
    "a ratio of 3:1": "a ratio of three to one",
    "9/11, 24/7": "nine eleven twenty four seven",
    "5 km, 1 kg, 20°C": "five kilometers one kilogram twenty degrees celsius",
    "50%": "fifty percent",
    "5'10\" tall": "five feet ten tall",
    "R&D @ home": "r and d at home",
    # abbreviations
    "Mr. and Mrs. Smith": "mister and missus smith",
    "Dr. Grey, Mulholland Dr.": "doctor grey mulholland drive",
    "St. Paul; Main St. is long; 42nd St.": "saint paul main street is long forty second street",
    "Prof. Jones, Gen. Lee": "professor jones general lee",
    "No. 5; No. He said no.": "number five no he said no",
    "e.g. this, i.e. that, etc.": "for example this that is that et cetera",
    "the U.S.A.": "the u s a",
    "the BBC on TV, 55 BC and AD 79": "the b b c on t v fifty five b c and a d seventy nine",
    "HMM, PST": "hmm pst",
    "St. Paul's. St. John": "saint paul's saint john",
    "john@example.co.uk": "john at example dot co dot uk",
    "J. R. R. Tolkien": "j r r tolkien",
    "www.example.com": "w w w dot example dot com",
    # Roman numerals
    "Chapter IV": "chapter four",
    "CHAPTER I.": "chapter one",
    "In Chapter I said": "in chapter i said",
    "Louis XIV and Henry VIII": "louis the fourteenth and henry the eighth",
    "Louis XVI's head": "louis the sixteenth's head",
    "World War I, Part I.": "world war one part one",
    "World War II": "world war two",
    "I am Charles I was": "i am charles i was",
    "vol. II": "volume two",
    "the MIX of LIV": "the mix of liv",
    # letters and apostrophes
    "It’s café naïve Straße": "it's cafe naive strasse",
    "‘quoted’ and 'so'": "quoted and so",
    "'Tis the dogs' tails; goin' home": "'tis the dogs' tails goin' home",
    "'the dogs' barked": "the dogs barked",
    "twenty-three _italic_": "twenty three italic",
    "ﬁne ＦＵＬＬ": "fine full",
    "<i>so</i> [noise] it [12] goes": "so it goes",
}


@pytest.mark.parametrize("written", READINGS)
def test_print_is_read_as_people_read_it(written):
    assert normalise_english(written).text == READINGS[written]


def test_a_number_shares_one_span_among_its_words():
    text = "paid $5.50 today"
    result = normalise_english(text)
    assert [text[span.start : span.end] for span in result.spans] == ["paid", *["$5.50"] * 5, "today"]


@given(value=st.integers(1, 89))
def test_roman_numerals_come_back(value):
    assert numbers.roman(numbers.to_roman(value)) == value


@pytest.mark.parametrize("numeral", ["IIII", "VX", "IL", "IXX", "M", "", "i"])
def test_what_no_roman_wrote_is_no_numeral(numeral):
    assert numbers.roman(numeral) is None


@given(value=st.integers(0, 10**12))
def test_a_grouped_number_reads_as_the_plain_one(value):
    assert numbers.cardinal(f"{value:,}") == numbers.cardinal(str(value))


@pytest.mark.parametrize(("written", "spoken"), [
    # one end of a range may be written in full, and what follows the dash is read
    ("$500k-$1m", "five hundred thousand to one million dollars"),
    ("5 kg-10 lbs", "five kilograms to ten pounds"),
    ("the 3rd-5th rows", "the third to fifth rows"),
    ("3-5 May", "the third to the fifth of may"),
    ("12-34-56", "one two three four five six"),
    ("10:30-11:45", "ten thirty to eleven forty five"),
    # digits with a mark between them never become one number
    ("①②③", "one two three"),
    ("(212) 555-0199", "two one two five five five zero one nine nine"),
    ("1,2,3", "one two three"),
    ("1.2.3.4", "one point two point three point four"),
    ("5\u2009000 or 5\u202f000", "five thousand or five thousand"),
    # a pattern ends where its figure ends
    ("5pmx", "five pmx"),
    ("2020-04-051", "two zero two zero zero four zero five one"),
    ("٣ ४ １", "three four one"),
])
def test_figures_keep_their_limits(written, spoken):
    assert normalise_english(written).text == spoken
