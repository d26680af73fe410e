"""Who issues a code list or an identifier scheme (BIM "code list agencies")."""

from ediel.codes._base import Code


class Agency(Code):
    """Values of ``listAgencyIdentifier`` and ``schemeAgencyIdentifier``."""

    UN_CEFACT = "6", None, "UN/CEFACT", "UN/CEFACT", "BIM code-list-agencies"
    EBIX = "260", None, "ebIX", "ebIX", "BIM code-list-agencies"
    ELHUB = "89", None, "Elhub", "Elhub", "BIM code-list-agencies"
    ISO = "5", None, "ISO", "ISO", "BIM code-list-agencies"
    GS1 = "9", None, "GS1", "GS1", "BIM code-list-agencies"
    ENTSO_E = "305", None, "ENTSO-E", "ENTSO-E", "BIM code-list-agencies"
    ORGANISATION_REGISTER = (
        "82",
        None,
        "register of organisation numbers",
        "Enhetsregisteret",
        "BIM code-list-agencies",
    )
    POPULATION_REGISTER = "Z01", None, "National Population Register", "Folkeregisteret", "BIM code-list-agencies"
