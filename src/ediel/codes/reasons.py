"""Why a message is rejected: ebIX codes (agency 260) and Elhub's own (agency 89).

A code without a label has no published meaning where this project could look: it is in the schema and nothing more.
"""

from ediel.codes._base import Code


class ResponseReason(Code):
    """Reason for a rejection (``ResponseReasonType``)."""

    E09 = "E09", "260", "installation address is not in the grid area", None, "BIM error codes"
    E10 = "E10", "260", "address or metering point cannot be identified", None, "BIM error codes"
    E11 = "E11", "260", "measuring problem", None, "BIM error codes"
    E12 = "E12", "260", "delivery relation is unclear", None, "BIM error codes"
    E13 = "E13", "260", "balancing problem", None, "BIM error codes"
    E14 = "E14", "260", "other reason", None, "BIM error codes"
    E15 = "E15", "260", "accepted without corrections (a confirmation)", None, "BIM error codes"
    E16 = "E16", "260", "balance supplier is not authorised", None, "BIM error codes"
    E17 = "E17", "260", "requested date is outside the time limits", None, "BIM error codes"
    E18 = "E18", "260", "balance responsible is not authorised", None, "BIM error codes"
    E19 = "E19", "260", "meter index is not within limits", None, "BIM error codes"
    E22 = "E22", "260", "metering point is blocked for switching", None, "BIM error codes"
    E29 = (
        "E29",
        "260",
        "product is unknown or does not belong to the metering point",
        None,
        "ebIX (Danish use)",
        "inferred",
    )
    E36 = "E36", "260", None, None, "XSD"
    E37 = "E37", "260", None, None, "XSD"
    E47 = "E47", "260", "no ongoing switch for the metering point", None, "ebIX (Danish use)", "inferred"
    E49 = "E49", "260", None, None, "XSD"
    E50 = "E50", "260", "invalid period", None, "VAL-313, VAL-324, VAL-332"
    E51 = "E51", "260", "invalid number of decimals", None, "ebIX (Danish use)", "inferred"
    E52 = "E52", "260", None, None, "XSD"
    E54 = "E54", "260", None, None, "XSD"
    E55 = "E55", "260", "metered data responsible is not authorised", None, "ebIX (Danish use)", "inferred"
    E59 = "E59", "260", "the relation already exists", None, "ebIX (Danish use)", "inferred"
    E61 = "E61", "260", "meter cannot be identified", None, "ebIX (Danish use)", "inferred"
    E62 = "E62", "260", None, None, "XSD"
    E72 = "E72", "260", None, None, "XSD"
    E73 = "E73", "260", "incorrect unit", None, "ebIX (Danish use)", "inferred"
    E86 = "E86", "260", "incorrect value; in BRS-NO-121 a missing address", None, "VAL-121"
    E87 = "E87", "260", "number of observations does not fit period and resolution", None, "VAL-313"
    E97 = "E97", "260", "measurement should not be zero", None, "ebIX (Danish use)", "inferred"
    E98 = "E98", "260", "measurement has the wrong sign", None, "ebIX (Danish use)", "inferred"
    E81 = "E81", "260", "metering point is not connected", None, "ebIX (Danish use)", "inferred"
    E90 = "E90", "260", "measurement is beyond plausible limits", None, "ebIX (Danish use)", "inferred"
    E91 = "E91", "260", "estimate is not acceptable", None, "ebIX (Danish use)", "inferred"
    E0H = "E0H", "260", "data is not available", None, "ebIX (Danish use)", "inferred"
    E0I = "E0I", "260", "grid access provider is not authorised", None, "ebIX (Danish use)", "inferred"
    E0J = "E0J", "260", None, None, "XSD"
    E0K = "E0K", "260", None, None, "XSD"
    E0L = "E0L", "260", None, None, "XSD"
    E0M = "E0M", "260", None, None, "XSD"
    EH001 = "EH001", "89", None, None, "XSD"
    EH002 = "EH002", "89", None, None, "XSD"
    EH003 = "EH003", "89", None, None, "XSD"
    EH004 = "EH004", "89", None, None, "XSD"
    EH005 = "EH005", "89", None, None, "XSD"
    EH006 = "EH006", "89", None, None, "XSD"
    EH007 = "EH007", "89", None, None, "XSD"
    EH008 = "EH008", "89", None, None, "XSD"
    EH009 = "EH009", "89", "reading rejected by the metered data responsible (reason not stated)", None, "SoapUI 2.3"
    EH010 = "EH010", "89", "metering point is not an accounting (settlement) point", None, "VAL-622"
    EH011 = "EH011", "89", "DocumentType is not the one that the process requires", None, "VAL"
    EH012 = "EH012", "89", None, None, "XSD"
    EH013 = "EH013", "89", "EnergyBusinessProcessRole is not allowed for the process", None, "VAL"
    EH014 = "EH014", "89", None, None, "XSD"
    EH015 = "EH015", "89", "query content missing, not allowed or wrongly combined", None, "VAL-324, VAL-611"
    EH016 = "EH016", "89", "metering point has no end user on the date of the process", None, "VAL-622"
    EH017 = "EH017", "89", "the requester already has, or lacks, an active third-party contract", None, "VAL-622"
    EH018 = "EH018", "89", None, None, "XSD"
    EH019 = "EH019", "89", None, None, "XSD"
    EH020 = "EH020", "89", None, None, "XSD"
    EH021 = "EH021", "89", None, None, "XSD"
    EH022 = "EH022", "89", None, None, "XSD"
    EH023 = "EH023", "89", None, None, "XSD"
    EH024 = "EH024", "89", None, None, "XSD"
    EH025 = "EH025", "89", "list agency does not fit the code", None, "VAL"
    EH026 = (
        "EH026",
        "89",
        "element of the metering point's characteristics wrongly present or absent",
        None,
        "VAL-121, VAL-122",
    )
    EH027 = "EH027", "89", None, None, "XSD"
    EH028 = "EH028", "89", None, None, "XSD"
    EH029 = "EH029", "89", "product, unit or direction wrong or missing in a withdrawal", None, "VAL-332"
    EH030 = "EH030", "89", None, None, "XSD"
    EH031 = "EH031", "89", "the customer's names do not fit the kind of customer", None, "VAL-301"
    EH032 = (
        "EH032",
        "89",
        "date or period missing, or not on the boundary of an interval",
        None,
        "VAL-121, VAL-122, VAL-301, VAL-313, VAL-324, VAL-332",
    )
    EH033 = (
        "EH033",
        "89",
        "OriginalBusinessDocumentReference missing where required, or present where not allowed",
        None,
        "VAL-121, VAL-122, VAL-222",
    )
    EH034 = (
        "EH034",
        "89",
        "content missing or not allowed (supplier's reading; request and feedback texts)",
        None,
        "VAL-311, VAL-601",
    )
    EH035 = "EH035", "89", None, None, "XSD"
    EH036 = "EH036", "89", None, None, "XSD"
    EH037 = "EH037", "89", None, None, "XSD"
    EH038 = "EH038", "89", "SettlementMethodType missing", None, "VAL-121, VAL-122"
    EH039 = "EH039", "89", "MeteringPointType missing, or exchange", None, "VAL-121, VAL-122"
    EH040 = "EH040", "89", None, None, "XSD"
    EH041 = "EH041", "89", "metering grid area missing", None, "VAL-121, VAL-324"
    EH042 = "EH042", "89", None, None, "XSD"
    EH043 = "EH043", "89", None, None, "XSD"
    EH044 = "EH044", "89", None, None, "XSD"
    EH045 = "EH045", "89", None, None, "XSD"
    EH046 = "EH046", "89", None, None, "XSD"
    EH047 = "EH047", "89", None, None, "XSD"
    EH048 = "EH048", "89", None, None, "XSD"
    EH049 = "EH049", "89", None, None, "XSD"
    EH050 = "EH050", "89", None, None, "XSD"
    EH051 = "EH051", "89", None, None, "XSD"
    EH052 = "EH052", "89", None, None, "XSD"
    EH053 = "EH053", "89", None, None, "XSD"
    EH054 = "EH054", "89", None, None, "XSD"
    EH055 = "EH055", "89", "message or business process does not fit", None, "VAL"
    EH056 = "EH056", "89", None, None, "XSD"
    EH057 = "EH057", "89", None, None, "XSD"
    EH058 = "EH058", "89", None, None, "XSD"
    EH059 = "EH059", "89", "balance supplier not allowed", None, "VAL-222"
    EH060 = "EH060", "89", None, None, "XSD"
    EH061 = "EH061", "89", None, None, "XSD"
    EH062 = "EH062", "89", None, None, "XSD"
    EH063 = "EH063", "89", None, None, "XSD"
    EH064 = "EH064", "89", "metering grid area not allowed", None, "VAL-122"
    EH065 = "EH065", "89", "RequestPositiveAcknowledgement not allowed", None, "VAL-313, VAL-324, VAL-332, VAL-611"
    EH066 = "EH066", "89", "MeterReadingStart or MeterReadingEnd not allowed", None, "VAL-313, VAL-332"
    EH067 = "EH067", "89", "ResolutionDuration not allowed", None, "VAL-332"
    EH068 = "EH068", "89", None, None, "XSD"
    EH069 = "EH069", "89", "SnapShotOccurrence not allowed", None, "VAL-324"
    EH070 = "EH070", "89", None, None, "XSD"
    EH071 = "EH071", "89", "metering point not allowed", None, "VAL-324"
    EH072 = "EH072", "89", "product missing", None, "VAL-313"
    EH073 = "EH073", "89", "ProfiledObservation missing, or its kind not allowed", None, "VAL-332"
    EH074 = "EH074", "89", None, None, "XSD"
    EH075 = "EH075", "89", "ResolutionDuration missing or not allowed", None, "VAL-313"
    EH076 = "EH076", "89", None, None, "XSD"
    EH077 = "EH077", "89", None, None, "XSD"
    EH078 = "EH078", "89", None, None, "XSD"
    EH079 = "EH079", "89", None, None, "XSD"
    EH080 = "EH080", "89", None, None, "XSD"
    EH081 = "EH081", "89", None, None, "XSD"
    EH082 = "EH082", "89", None, None, "XSD"
    EH083 = "EH083", "89", None, None, "XSD"
    EH084 = "EH084", "89", None, None, "XSD"
    EH085 = "EH085", "89", None, None, "XSD"
    EH086 = "EH086", "89", "OriginalPayloadReference missing in the Acknowledgement", None, "VAL-311"
    EH087 = "EH087", "89", "StatusType must be 41", None, "VAL-311"
    EH088 = (
        "EH088",
        "89",
        "the end user has not approved, or has refused, the third party's request",
        None,
        "VAL-622, BRS-NO-624",
    )
    EH089 = "EH089", "89", None, None, "XSD"
    EH090 = "EH090", "89", None, None, "XSD"
    EH091 = "EH091", "89", None, None, "XSD"
    EH092 = "EH092", "89", "more than one payload, or a payload identification, not allowed", None, "VAL-121, VAL-122"
    EH093 = "EH093", "89", None, None, "XSD"
    EH094 = "EH094", "89", None, None, "XSD"
    EH095 = "EH095", "89", "metering point cannot be activated", None, "test SYS-DDQ102-04"
    EH096 = "EH096", "89", None, None, "XSD"
    EH097 = "EH097", "89", None, None, "XSD"
    EH098 = "EH098", "89", None, None, "XSD"
    EH099 = "EH099", "89", None, None, "XSD"
    EH100 = "EH100", "89", None, None, "XSD"
    EH101 = "EH101", "89", None, None, "XSD"
    EH102 = "EH102", "89", None, None, "XSD"
    EH103 = "EH103", "89", None, None, "XSD"
    EH104 = "EH104", "89", None, None, "XSD"
    EH105 = "EH105", "89", None, None, "XSD"
    EH106 = "EH106", "89", "the end user owns no metering point", None, "BRS-NO-624"
    EH107 = "EH107", "89", None, None, "XSD"
    EH108 = "EH108", "89", None, None, "XSD"
    EH109 = "EH109", "89", None, None, "XSD"
    EH110 = "EH110", "89", None, None, "XSD"
    EH111 = "EH111", "89", "internal error, try later", None, "BRS-NO-624"
    EH112 = "EH112", "89", None, None, "XSD"
    EH113 = "EH113", "89", None, None, "XSD"
    EH114 = "EH114", "89", None, None, "XSD"
    EH115 = "EH115", "89", None, None, "XSD"
    EH116 = "EH116", "89", None, None, "XSD"
    EH117 = "EH117", "89", None, None, "XSD"
    EH118 = "EH118", "89", None, None, "XSD"
    EH119 = "EH119", "89", None, None, "XSD"
    EH120 = "EH120", "89", None, None, "XSD"
    EH121 = "EH121", "89", None, None, "XSD"
    EH122 = "EH122", "89", None, None, "XSD"
    EH123 = "EH123", "89", None, None, "XSD"
    EH124 = "EH124", "89", None, None, "XSD"
    EH125 = "EH125", "89", None, None, "XSD"
    EH126 = "EH126", "89", None, None, "XSD"
    EH127 = "EH127", "89", None, None, "XSD"
    EH128 = "EH128", "89", None, None, "XSD"
    EH129 = "EH129", "89", None, None, "XSD"
    EH130 = "EH130", "89", None, None, "XSD"
    EH131 = "EH131", "89", None, None, "XSD"
    EH132 = "EH132", "89", None, None, "XSD"
    EH133 = "EH133", "89", None, None, "XSD"
    EH134 = "EH134", "89", None, None, "XSD"
    EH135 = "EH135", "89", None, None, "XSD"
    EH136 = "EH136", "89", None, None, "XSD"
    EH137 = "EH137", "89", None, None, "XSD"
    EH138 = "EH138", "89", None, None, "XSD"
    EH139 = "EH139", "89", None, None, "XSD"
    EH140 = "EH140", "89", None, None, "XSD"
