"""Short forms and their spoken words, by what must stand beside them before they are safe to read."""

# Never words themselves: read wherever they stand, with or without a full stop.
ALWAYS = {
    "mr": "mister", "mrs": "missus", "etc": "et cetera", "vs": "versus", "www": "w w w", "jr": "junior",
    "blvd": "boulevard", "dept": "department", "esq": "esquire", "ltd": "limited", "govt": "government",
    "hwy": "highway", "jpeg": "j peg", "mpeg": "m peg", "wwi": "world war one",
    "wwii": "world war two", "pkwy": "parkway", "bldg": "building",
}  # fmt: skip

# Spelled, in whole or in part, where they are written just so.
MIXED = {"IPv": "i p v", "iOS": "i o s", "macOS": "mac o s", "PhD": "p h d", "PhDs": "p h d's", "mRNA": "m r n a",
         "tRNA": "t r n a", "pH": "p h", "GmbH": "g m b h"}  # fmt: skip

# Read where a full stop follows.
WITH_STOP = {
    "ave": "avenue", "co": "company", "corp": "corporation", "inc": "incorporated", "rd": "road", "sr": "senior",
    "viz": "namely", "cf": "compare", "jan": "january", "feb": "february", "apr": "april", "aug": "august",
    "sept": "september", "oct": "october", "nov": "november", "dec": "december", "bros": "brothers",
    "approx": "approximately", "assn": "association", "univ": "university", "tel": "telephone", "ln": "lane",
    "rte": "route", "calif": "california", "fla": "florida", "colo": "colorado", "ariz": "arizona",
    "conn": "connecticut",
    "mich": "michigan", "minn": "minnesota", "tenn": "tennessee", "okla": "oklahoma", "nev": "nevada", "va": "virginia",
    "ont": "ontario", "tues": "tuesday", "thurs": "thursday",
}

# Read where a full stop follows and a capital begins them, since they are words too.
CAPITAL_WITH_STOP = {
    "mon": "monday", "tue": "tuesday", "wed": "wednesday", "thu": "thursday", "fri": "friday", "mass": "massachusetts",
    "wash": "washington", "ill": "illinois", "ore": "oregon", "ct": "court", "pl": "place", "sq": "square",
    "apt": "apartment", "rm": "room", "ste": "suite", "ms": "ms",
}
# Read in a range, `Mon-Fri`, and `Sat.` before a time.
WEEKDAYS = {
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday", "thur": "thursday",
    "thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
}
# Read without a full stop where a number follows: `Nov 5`.
CAPITAL_BEFORE_NUMBER = {
    "jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june", "jul": "july", "aug": "august",
    "sept": "september", "sep": "september", "oct": "october", "nov": "november", "dec": "december", "ext": "extension",
    "apt": "apartment", "ste": "suite", "rm": "room", "rte": "route", "fig": "figure",
}  # fmt: skip

# Titles: read where a full stop and a name follow.
BEFORE_NAME = {
    "prof": "professor", "capt": "captain", "col": "colonel", "gen": "general", "lt": "lieutenant",
    "lieut": "lieutenant", "sgt": "sergeant", "maj": "major", "rev": "reverend", "hon": "honorable", "gov": "governor",
    "sen": "senator", "rep": "representative", "pres": "president", "supt": "superintendent", "mt": "mount",
    "ft": "fort", "cpl": "corporal", "adm": "admiral", "cmdr": "commander", "fr": "father", "mme": "madame",
    "mlle": "mademoiselle",
}  # fmt: skip

# Read where a full stop and a number follow: `No. 5`, `pp. 12-14`, `vol. II`.
BEFORE_NUMBER = {
    "no": "number", "nos": "numbers", "vol": "volume", "vols": "volumes", "ch": "chapter", "chap": "chapter",
    "fig": "figure", "figs": "figures", "p": "page", "pp": "pages", "sec": "section", "art": "article", "pt": "part",
    "op": "opus", "eq": "equation", "bk": "book", "mar": "march", "jun": "june", "jul": "july",
    "ext": "extension", "est": "established", "c": "circa", "ca": "circa", "app": "appendix", "ed": "edition",
}  # fmt: skip

# Letters with full stops between them. Others are spelled: `U.S.A.` is `u s a`.
DOTTED = {"e.g": "for example", "i.e": "that is", "ph.d": "p h d"}

# Spelled, though they could be read.
ERAS = frozenset({"AD", "CE", "BCE"})

# Spelled, though they could be read: letters that everybody says one by one.
SPELLED = frozenset(
    """ET US UK EU UN UAE USA USSR FBI CIA NSA IRS FDA EPA IMF OECD ACLU USDA USPS UPS NBA NFL NHL ATM DNA RNA CEO CIO
    CFO CTO COO AI IQ ID ER ICU USB URL API UI GUI CPU GPU UTF UTC EST EDT AOL IBM IOU ISP IPO IP OS AWS IDE MBA
    MA BA NYU UCLA UCL UFO UV VIP YMCA YWCA ESPN NPR ABC AP AC EKG SOS ESL SUV MRI EV AAA BMI ALS AKA FAQ ISO MIT
    ETA UHF DIY""".split()
)

# The states, as letters have them, before a postcode.
STATES = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado",
    "CT": "connecticut", "DE": "delaware", "DC": "d c", "FL": "florida", "GA": "georgia", "HI": "hawaii", "ID": "idaho",
    "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas", "KY": "kentucky", "LA": "louisiana", "ME": "maine",
    "MD": "maryland", "MA": "massachusetts", "MI": "michigan", "MN": "minnesota", "MS": "mississippi", "MO": "missouri",
    "MT": "montana", "NE": "nebraska", "NV": "nevada", "NH": "new hampshire", "NJ": "new jersey", "NM": "new mexico",
    "NY": "new york", "NC": "north carolina", "ND": "north dakota", "OH": "ohio", "OK": "oklahoma", "OR": "oregon",
    "PA": "pennsylvania", "RI": "rhode island", "SC": "south carolina", "SD": "south dakota", "TN": "tennessee",
    "TX": "texas", "UT": "utah", "VT": "vermont", "VA": "virginia", "WA": "washington", "WV": "west virginia",
    "WI": "wisconsin", "WY": "wyoming",
}  # fmt: skip

# Before a street's name: `N. Main St.`
DIRECTIONS = {"n": "north", "s": "south", "e": "east", "w": "west", "ne": "northeast", "nw": "northwest",
              "se": "southeast", "sw": "southwest"}  # fmt: skip
STREETS = frozenset("st ave rd blvd dr ln ct pl sq pkwy street avenue road boulevard drive lane court place".split())

# Behind a dot, spelled.
SUFFIXES = frozenset("py md js ts txt cpp cc html htm xml csv tsv exe php sh rb yml pdf jpg png gif svg".split())
# Behind a space and a dot: `the .com boom`.
DOMAINS = frozenset("com org net edu gov io exe txt pdf py zip csv".split())

# Words that begin with an apostrophe; before any other word it is a quotation mark.
APOSTROPHE_FIRST = frozenset(
    """'tis 'twas 'twere 'twill 'twould 'twixt 'em 'til 'till 'cause 'bout 'round 'neath 'gainst 'mid 'mongst 'midst
    'ere 'ow 'im 'ave 'ad 'ead 'ome 'ouse""".split()
)

# Words that end with an apostrophe, besides those in -s' (dogs') and -in' (goin').
APOSTROPHE_LAST = frozenset("o' th' an' ol' wi' t' d' mo' lil' li' ha' fo' po' tha'".split())

# Before `St.`, a capital that says nothing of a street's name.
NOT_A_STREET = frozenset("in at on the near from to of and by old mount san with for when as but if or".split())

# A Roman numeral is read where one of these stands before it: `Chapter IV`, `World War II`.
NUMBERED = frozenset(
    """chapter book part volume act scene section canto psalm figure table article lecture letter lesson war
    number numbers page pages appendix plate verse stave phase type class division chapters books parts volumes acts
    scenes sections cantos figures tables articles title schedule episode episodes season round bowl
    grade stage level""".split()
)
# And before these as an ordinal: `the XIX century`.
COUNTED_OFF = frozenset("century centuries olympiad congress dynasty amendment corps".split())
# And after these as an ordinal: `Henry VIII` is `henry the eighth`.
RULERS = frozenset(
    """henry louis charles george edward william james richard philip frederick napoleon pius leo gregory clement
    innocent urban paul john benedict alexander boniface nicholas peter ivan catherine elizabeth mary victor
    ferdinand francis robert alfonso gustavus christian wilhelm friedrich rudolf otto leopold ptolemy darius
    ramses rameses thutmose amenhotep mithridates edmund malcolm haakon olaf julius adrian eugene sixtus celestine
    theodore constantine justinian sigismund maximilian umberto carlos juan pedro albert baldwin""".split()
)

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

# Symbols that are words.
SYMBOLS = {"&": "and", "@": "at", "%": "percent", "+": "plus", "=": "equals", "°": "degrees", "×": "times",
           "©": "copyright", "÷": "divided by", "±": "plus or minus", "§": "section", "€": "euros",
           "£": "pounds"}  # fmt: skip
