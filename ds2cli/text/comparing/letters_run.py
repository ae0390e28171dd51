"""Letters that are spelled one by one, `b b c`, as the words that print makes of them."""

# Initials that begin or end with a letter that is a word too; of others nobody knows whether `a x y` is `a XY`.
_KNOWN = frozenset(
    """aaa abc acl aclu adhd ai aids aka als ama aol api apr asap atm avi aws ba cfa cia cma cna cpa dba dea dmca
    dna epa esa eta eva fa fbi fda gpa gui hdmi hipaa hva ibm ibs icbm icu id ied iep imf io iot iou ip ipa ipo
    iq ira irc irs isbn iso isp it itv iud ivf jpa kia la ma mba mfa mi mia mla mri msa msnbc mta nasa nba ncaa
    nra nsa oca ota pa pga phi pma poa psi pta rna rsa saa sba sca sma spa sta tba tea tsa tva ua uaa uae ucla
    ui uma una usa usda usia uva via visa wba wpa ymca ywca""".split()
)
_WORDS = ("a", "i")


def letter_words(run: list[str]) -> list[list[str]] | None:
    """Two letters or more, the last perhaps with `'s`, as groups that are words; None where nobody can tell.

    Groups of one letter are words of their own: `a u s b` are `a` and `usb`.
    """
    bare = [letter[0] for letter in run]
    whole = "".join(bare)
    if whole in _KNOWN or (bare[0] not in _WORDS and bare[-1] not in _WORDS):
        return [run]
    if bare[-1] == "s" and whole[:-1] in _KNOWN:
        return [run]
    if bare[0] == "a" and len(run) > 2 and (rest := letter_words(run[1:])) and rest[0] == run[1:]:
        return [run[:1], run[1:]]
    return None
