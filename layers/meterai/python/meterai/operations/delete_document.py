"""A document goes at its owner's wish, unless a stamping still needs it."""

from __future__ import annotations

from meterai.domain.errors import Busy, DocumentInUse
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import stamping as moves
from meterai.domain.rows import Document, Stamping
from meterai.operations.find import find, load, loaded
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Sources


def delete_document(ledger: Ledger, sources: Sources, *, account: str, document_id: str) -> None:
    """Delete a source; doing it twice is doing it once. Sealed files stay. Raises Missing, DocumentInUse, Busy."""
    document = find(ledger, Document, document_id, owner=account)
    if document.status != "deleted":
        claims = [load(ledger, Stamping, id) for id in sorted(document.claim)]
        if any(stamping is not None and not stamping.ended for stamping in claims):
            raise DocumentInUse("a stamping of this document has not ended")
        try:
            ledger.apply(moves.delete_document(document, document.claim))
        except GateClosed:
            if loaded(ledger, Document, document_id).status != "deleted":
                raise Busy("the document changed while it was being deleted") from None
    sources.delete(document_id)
