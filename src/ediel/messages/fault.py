"""The SOAP fault: how Elhub refuses a message at the endpoint."""

from typing import Annotated, ClassVar

from ediel.codes import FaultGroup
from ediel.messages._base import Composite, Xml
from ediel.messages._wire import Moment9, Text100, Text1000

__all__ = ["ElhubSOAPFault"]


class ElhubSOAPFault(Composite):
    """What Elhub says in the detail of a SOAP fault."""

    source: ClassVar[str] = "XSD; SoapUI 2.3"

    code_group: Annotated[FaultGroup, Xml("CodeGroup", "Kind of fault.")]
    description: Annotated[Text100, Xml("Description", "What is wrong, in short.")]
    exception_time: Annotated[Moment9, Xml("ExceptionDateTime", "When it happened.")]
    fault_text: Annotated[
        Text1000 | None, Xml("FaultText", "Details; the errors of a schema validation, cut at 1000 characters.")
    ] = None
