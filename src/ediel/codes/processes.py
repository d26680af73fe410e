"""Processes (BRS), the roles that take part in them, and the industry."""

from ediel.codes._base import Code

_B = "BIM elhub-brs-identifications"


class BusinessProcess(Code):
    """BRS identification, or POLL (``EnergyBusinessProcess``, agency 89)."""

    BRS_NO_101 = (
        "BRS-NO-101", "89", "start of supply, change of supplier", "oppstart kraftleveranse - leverandørskifte", _B,
    )  # fmt: skip
    BRS_NO_102 = (
        "BRS-NO-102", "89", "start of supply, move-in ahead of time",
        "oppstart kraftleveranse - innflytting fram i tid", _B,
    )  # fmt: skip
    BRS_NO_103 = (
        "BRS-NO-103", "89", "start of supply, move-in back in time",
        "oppstart kraftleveranse - innflytting tilbake i tid", _B,
    )  # fmt: skip
    BRS_NO_104 = (
        "BRS-NO-104", "89", "change of supplier from last-resort supply",
        "oppstart kraftleveranse - leverandørskifte fra leveringsplikt", _B,
    )  # fmt: skip
    BRS_NO_111 = "BRS-NO-111", "89", "rollback of start of supply", "reversering av oppstart kraftleveranse", _B
    BRS_NO_121 = "BRS-NO-121", "89", "new metering point", "nytt målepunkt", _B
    BRS_NO_122 = "BRS-NO-122", "89", "activation of metering point", "aktivering av målepunkt", _B
    BRS_NO_123 = "BRS-NO-123", "89", "new grid access contract, move-in", None, _B
    BRS_NO_131 = "BRS-NO-131", "89", "rollback of new metering point", None, _B
    BRS_NO_132 = "BRS-NO-132", "89", "rollback of activation", None, _B
    BRS_NO_133 = "BRS-NO-133", "89", "rollback of new grid access contract", "reversering av oppstart i målepunkt", _B
    BRS_NO_201 = "BRS-NO-201", "89", "end of supply due to move-out", "opphør på grunn av utflytting", _B
    BRS_NO_202 = "BRS-NO-202", "89", "end of supply", "opphør av kraftleveranse", _B
    BRS_NO_211 = "BRS-NO-211", "89", "move-out, from the grid access provider", None, _B
    BRS_NO_212 = "BRS-NO-212", "89", "deactivation of metering point", "deaktivering av målepunkt", _B
    BRS_NO_213 = "BRS-NO-213", "89", "removal of metering point", None, _B
    BRS_NO_214 = (
        "BRS-NO-214", "89", "deactivation of metering point with end user",
        "deaktivering av målepunkt med sluttbruker", _B,
    )  # fmt: skip
    BRS_NO_221 = "BRS-NO-221", "89", "rollback of end of supply", None, _B
    BRS_NO_222 = "BRS-NO-222", "89", "rollback of move-out", "reversering av utflytting fra målepunkt", _B
    BRS_NO_223 = "BRS-NO-223", "89", "rollback of deactivation", None, _B
    BRS_NO_224 = "BRS-NO-224", "89", "rollback of removal", None, _B
    BRS_NO_301 = "BRS-NO-301", "89", "update of master data, supplier", "oppdatering av grunndata - kraftleverandør", _B
    BRS_NO_302 = (
        "BRS-NO-302", "89", "update of master data, grid access provider", "oppdatering av grunndata - nettselskap", _B,
    )  # fmt: skip
    BRS_NO_303 = "BRS-NO-303", "89", "query for master data", "spørring grunndata", _B
    BRS_NO_305 = "BRS-NO-305", "89", "changes initiated by Elhub", None, _B
    BRS_NO_306 = "BRS-NO-306", "89", "change of settlement type; taken out of the standard in 2.0.0", None, _B
    BRS_NO_311 = "BRS-NO-311", "89", "meter reading and expected annual consumption from the supplier", None, _B
    BRS_NO_312 = (
        "BRS-NO-312", "89", "metering values, profiled metering points",
        "oversendelse av måleverdier for profilavregnede målepunkt", _B,
    )  # fmt: skip
    BRS_NO_313 = (
        "BRS-NO-313", "89", "metering values, non-profiled metering points", "oversendelse av intervallvolum", _B,
    )  # fmt: skip
    BRS_NO_314 = "BRS-NO-314", "89", "reminders to the metered data responsible", None, _B
    BRS_NO_315 = "BRS-NO-315", "89", "query for metering values", "spørring måleverdier", _B
    BRS_NO_317 = "BRS-NO-317", "89", "update of expected annual volume", None, _B
    BRS_NO_318 = "BRS-NO-318", "89", "update of grid loss parameters", None, _B
    BRS_NO_321 = "BRS-NO-321", "89", "quality assurance, grid access provider", None, _B
    BRS_NO_322 = "BRS-NO-322", "89", "preliminary profiled consumption to the supplier", None, _B
    BRS_NO_324 = "BRS-NO-324", "89", "query for settlement basis", "spørring avregningsgrunnlag", _B
    BRS_NO_332 = "BRS-NO-332", "89", "withdrawal of values, profiled metering points", None, _B
    BRS_NO_391 = "BRS-NO-391", "89", None, None, "XSD"
    BRS_NO_402 = "BRS-NO-402", "89", "corrections of master data, grid access provider", None, _B
    BRS_NO_501 = "BRS-NO-501", "89", "structure data for imbalance settlement", None, _B
    BRS_NO_502 = "BRS-NO-502", "89", "data for imbalance settlement", None, _B
    BRS_NO_503 = "BRS-NO-503", "89", "data for reconciliation", None, _B
    BRS_NO_511 = "BRS-NO-511", "89", None, None, "XSD"
    BRS_NO_512 = "BRS-NO-512", "89", None, None, "XSD"
    BRS_NO_601 = "BRS-NO-601", "89", "request to the grid access provider", None, _B
    BRS_NO_602 = "BRS-NO-602", "89", "request to Elhub", None, _B
    BRS_NO_611 = (
        "BRS-NO-611",
        "89",
        "verification of a metering point's master data",
        "verifiser grunndata i målepunkt",
        _B,
    )
    BRS_NO_622 = "BRS-NO-622", "89", "update of third-party access", "oppdatering av tredjeparts tilgang", _B
    BRS_NO_623 = "BRS-NO-623", "89", "overview of third-party access", "oversikt over tredjeparts tilgang", "VAL-622"
    BRS_NO_701 = (
        "BRS-NO-701", "89", "set-up of calculation in metering point (shared production)",
        "oppsett av beregning i målepunkt", "BRS-NO-701",
    )  # fmt: skip
    POLL = "POLL", "89", "polling for messages", None, "SoapUI 2.3"


class Role(Code):
    """Role of the market party in the process (agency 6, or 89 for SLR and BSL)."""

    AG = "AG", "6", "third party", "tredjepart", "BIM 7; role page"
    BSL = "BSL", "89", "balance supplier for grid losses", None, "BIM; role page"
    DDE = "DDE", "6", "metered data collector", None, "BIM; role page"
    DDK = "DDK", "6", "balance responsible party", "balanseansvarlig", "BIM; role page"
    DDM = "DDM", "6", "grid access provider", "nettselskap", "BIM; role page"
    DDQ = "DDQ", "6", "balance supplier", "kraftleverandør", "BIM; role page"
    DDZ = "DDZ", "6", "metering point administrator (Elhub)", None, "role page", "inferred"
    DDX = "DDX", "6", "imbalance settlement responsible", "avregningsansvarlig", "role page", "inferred"
    MDR = "MDR", "6", "metered data responsible", None, "BIM; role page"
    PQ = "PQ", "6", "registry responsible (guarantees of origin, certificates)", None, "role page", "inferred"
    QRY = "QRY", "6", "query role, used to verify metering points", None, "role page", "inferred"
    SLR = "SLR", "89", "balance supplier of last resort", "leveringspliktig leverandør", "BIM 3, 6"


class IndustryClassification(Code):
    """The industry; only electricity is used."""

    ELECTRICITY = "23", None, "electricity", "elektrisk kraft", "VAL-324", "inferred"
