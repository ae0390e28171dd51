"""Short forms and their spoken words, by what must stand beside them before they are safe to read."""

# Never words themselves: read wherever they stand, with or without a full stop.
ALWAYS = {
    "mr": "mister", "mrs": "missus", "etc": "et cetera", "vs": "versus", "www": "w w w", "jr": "junior",
    "blvd": "boulevard", "dept": "department", "esq": "esquire", "ltd": "limited",
}  # fmt: skip

# Read where a full stop follows.
WITH_STOP = {
    "ave": "avenue", "co": "company", "corp": "corporation", "inc": "incorporated", "rd": "road", "sr": "senior",
    "viz": "namely", "cf": "compare", "jan": "january", "feb": "february", "apr": "april", "aug": "august",
    "sept": "september", "oct": "october", "nov": "november", "dec": "december", "bros": "brothers",
    "approx": "approximately", "assn": "association", "univ": "university",
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
}  # fmt: skip

# Letters with full stops between them. Others are spelled: `U.S.A.` is `u s a`.
DOTTED = {"e.g": "for example", "i.e": "that is", "ph.d": "p h d"}

# Spelled, though they could be read.
ERAS = frozenset({"AD", "CE", "BCE"})

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
    number numbers page pages appendix plate verse stave phase type class division""".split()
)
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
           "÷": "divided by", "±": "plus or minus", "§": "section", "€": "euros", "£": "pounds"}  # fmt: skip

# After a number: (one, several).
UNITS = {
    "km": ("kilometer", "kilometers"), "m": ("meter", "meters"), "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"), "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"), "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"), "ft": ("foot", "feet"), "in.": ("inch", "inches"), "yd": ("yard", "yards"),
    "yds": ("yard", "yards"), "mi": ("mile", "miles"), "mph": ("mile per hour", "miles per hour"),
    "km/h": ("kilometer per hour", "kilometers per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
    "m/s": ("meter per second", "meters per second"), "km²": ("square kilometer", "square kilometers"),
    "m²": ("square meter", "square meters"), "m³": ("cubic meter", "cubic meters"), "ml": ("milliliter", "milliliters"),
    "l": ("liter", "liters"), "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"), "GHz": ("gigahertz", "gigahertz"), "KB": ("kilobyte", "kilobytes"),
    "kB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"), "kW": ("kilowatt", "kilowatts"), "MW": ("megawatt", "megawatts"),
    "ms": ("millisecond", "milliseconds"), "sec": ("second", "seconds"), "secs": ("second", "seconds"),
    "min": ("minute", "minutes"), "mins": ("minute", "minutes"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"),
    "dB": ("decibel", "decibels"), "°C": ("degree celsius", "degrees celsius"),
    "°F": ("degree fahrenheit", "degrees fahrenheit"), "°": ("degree", "degrees"), "%": ("percent", "percent"),
    "¢": ("cent", "cents"),
}  # fmt: skip

# Before a number: one, several, one hundredth part, several of them.
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "¥": ("yen", "yen", "sen", "sen"),
}
MAGNITUDES = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion", "tn": "trillion"}
