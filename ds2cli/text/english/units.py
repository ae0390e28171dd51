"""What is counted and paid: units, currencies and magnitudes, by what print makes of them."""

# After a number: (one, several).
UNITS = {
    "km": ("kilometer", "kilometers"), "m": ("meter", "meters"), "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"), "µm": ("micrometer", "micrometers"), "nm": ("nanometer", "nanometers"),
    "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"),
    "µg": ("microgram", "micrograms"), "mcg": ("microgram", "micrograms"), "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"), "oz": ("ounce", "ounces"), "ft": ("foot", "feet"), "in.": ("inch", "inches"),
    "yd": ("yard", "yards"), "yds": ("yard", "yards"), "mi": ("mile", "miles"),
    "mph": ("mile per hour", "miles per hour"),
    "mpg": ("mile per gallon", "miles per gallon"), "psi": ("p s i", "p s i"), "rpm": ("r p m", "r p m"),
    "km/h": ("kilometer per hour", "kilometers per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
    "m/s": ("meter per second", "meters per second"), "km/s": ("kilometer per second", "kilometers per second"),
    "m/s²": ("meter per second squared", "meters per second squared"), "ft/s": ("foot per second", "feet per second"),
    "km²": ("square kilometer", "square kilometers"), "m²": ("square meter", "square meters"),
    "cm²": ("square centimeter", "square centimeters"), "ft²": ("square foot", "square feet"),
    "sq. ft.": ("square foot", "square feet"), "sq ft": ("square foot", "square feet"),
    "sq. mi.": ("square mile", "square miles"), "sq mi": ("square mile", "square miles"),
    "sq. km": ("square kilometer", "square kilometers"), "sq km": ("square kilometer", "square kilometers"),
    "m³": ("cubic meter", "cubic meters"), "cm³": ("cubic centimeter", "cubic centimeters"),
    "cc": ("c c", "c c"), "ha": ("hectare", "hectares"),
    "ml": ("milliliter", "milliliters"), "mL": ("milliliter", "milliliters"), "cl": ("centiliter", "centiliters"),
    "l": ("liter", "liters"), "L": ("liter", "liters"), "gal": ("gallon", "gallons"), "qt": ("quart", "quarts"),
    "tsp": ("teaspoon", "teaspoons"), "tbsp": ("tablespoon", "tablespoons"),
    "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "KB": ("kilobyte", "kilobytes"), "kB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
    "KiB": ("kibibyte", "kibibytes"), "MiB": ("mebibyte", "mebibytes"), "GiB": ("gibibyte", "gibibytes"),
    "kbps": ("kilobit per second", "kilobits per second"), "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"), "kbit/s": ("kilobit per second", "kilobits per second"),
    "Mbit/s": ("megabit per second", "megabits per second"), "MB/s": ("megabyte per second", "megabytes per second"),
    "fps": ("frame per second", "frames per second"), "dpi": ("d p i", "d p i"), "px": ("pixel", "pixels"),
    "V": ("volt", "volts"), "kV": ("kilovolt", "kilovolts"), "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"),
    "MW": ("megawatt", "megawatts"), "GW": ("gigawatt", "gigawatts"), "kWh": ("kilowatt hour", "kilowatt hours"),
    "mA": ("milliamp", "milliamps"), "mAh": ("milliamp hour", "milliamp hours"), "kJ": ("kilojoule", "kilojoules"),
    "kcal": ("kilocalorie", "kilocalories"), "hp": ("horsepower", "horsepower"), "Ω": ("ohm", "ohms"),
    "kΩ": ("kilohm", "kilohms"), "ns": ("nanosecond", "nanoseconds"), "µs": ("microsecond", "microseconds"),
    "ms": ("millisecond", "milliseconds"), "sec": ("second", "seconds"), "secs": ("second", "seconds"),
    "min": ("minute", "minutes"), "mins": ("minute", "minutes"), "h": ("hour", "hours"), "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"), "wks": ("week", "weeks"), "yrs": ("year", "years"), "dB": ("decibel", "decibels"),
    "°C": ("degree celsius", "degrees celsius"), "°F": ("degree fahrenheit", "degrees fahrenheit"),
    "°": ("degree", "degrees"), "%": ("percent", "percent"), "‰": ("per mille", "per mille"), "¢": ("cent", "cents"),
}  # fmt: skip

# After a number and `/`: `$45/month`, `300 mg/day`.
PER = {
    "second": "second", "sec": "second", "s": "second", "minute": "minute", "min": "minute", "hour": "hour",
    "hr": "hour",
    "h": "hour", "day": "day", "d": "day", "night": "night", "week": "week", "wk": "week", "month": "month",
    "mo": "month", "year": "year", "yr": "year", "person": "person", "head": "head", "unit": "unit", "user": "user",
    "lb": "pound", "kg": "kilogram", "oz": "ounce", "gal": "gallon", "gallon": "gallon", "mile": "mile",
    "km": "kilometer",
    "l": "liter", "L": "liter", "liter": "liter", "m²": "square meter", "m³": "cubic meter", "sq ft": "square foot",
    "kWh": "kilowatt hour", "dl": "deciliter", "dL": "deciliter", "ml": "milliliter", "mL": "milliliter",
}  # fmt: skip

# Before a number: one, several, one hundredth part, several of them.
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₽": ("ruble", "rubles", "kopek", "kopeks"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₺": ("lira", "lira", "kurus", "kurus"),
    "₱": ("peso", "pesos", "centavo", "centavos"),
    "₿": ("bitcoin", "bitcoins", "satoshi", "satoshis"),
}

# Before a dollar's sign: `US$5` is five u s dollars.
DOLLARS = {"US": "u s", "C": "canadian", "CA": "canadian", "CAN": "canadian", "A": "australian", "AU": "australian",
           "NZ": "new zealand", "HK": "hong kong", "S": "singapore", "R": "brazilian"}  # fmt: skip

# In letters, before a number or after it: (symbol, what is said before its name).
CODES = {
    "USD": ("$", "u s"), "CAD": ("$", "canadian"), "AUD": ("$", "australian"), "GBP": ("£", ""), "EUR": ("€", ""),
    "INR": ("₹", ""), "JPY": ("¥", ""), "RUB": ("₽", ""), "CHF": ("CHF", ""),
}  # fmt: skip
CURRENCIES["CHF"] = ("swiss franc", "swiss francs", "centime", "centimes")

MAGNITUDES = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion", "tn": "trillion"}
