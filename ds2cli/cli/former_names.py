"""Names that options had before: they still work, and no page shows them."""

FORMER_NAMES = {"--look-ahead": "--lm-lookahead", "--look-aheads": "--lm-lookaheads"}


def with_current_names(arguments: list[str]) -> list[str]:
    """`["--look-ahead=1"]` -> `["--lm-lookahead=1"]`; what is no option stays as it is."""
    words = [argument.partition("=") for argument in arguments]
    return [FORMER_NAMES.get(name, name) + equals + value for name, equals, value in words]
