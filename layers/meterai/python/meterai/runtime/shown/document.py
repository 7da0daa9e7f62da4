"""Documents, what was found in them and what was repaired, as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meterai.domain import instants
from meterai.domain.rows import Document, Report
from meterai.ports.outside import UploadForm
from meterai.runtime.shown.base import Instant, Shown
from meterai.runtime.shown.placement import SuggestionShown, fractions


class UploadShown(Shown):
    """Send `fields` and then `file` as multipart/form-data to `url`."""

    url: str
    fields: dict[str, str]


class PageShown(Shown):
    """A page as displayed, in points of 1/72 inch. `preview_url` is a short-lived link to a picture of it, if there is one."""

    width: float
    height: float
    rotation: int
    preview_url: str | None = None


class FindingShown(Shown):
    code: str
    severity: str
    repairable: bool
    repair: str | None = None


class VersionShown(Shown):
    """A document's bytes before or after a repair. `preview_url` shows its first page, if there is a picture."""

    size: int
    sha256: str | None
    findings: list[str]
    preview_url: str | None


class RepairShown(Shown):
    """Perbaikan: what the owner had done, and what the document was before and after. The bytes of before are kept."""

    repair: str
    at: Instant
    before: VersionShown
    after: VersionShown


class DocumentShown(Shown):
    """Dokumen."""

    id: str
    status: str
    filename: str
    size: int
    sha256: str | None
    purpose: str
    upload: UploadShown | None
    pages: list[PageShown]
    findings: list[FindingShown]
    suggested_placement: SuggestionShown | None
    repairs: list[RepairShown]
    stamped_size_max: int
    created_at: Instant
    kept_until: Instant
    reference: str | None
    metadata: dict[str, str] | None

    @classmethod
    def of(
        cls,
        document: Document,
        report: Report | None = None,
        upload: UploadForm | None = None,
        *,
        stamp_size_max: int,
        previews: Mapping[tuple[str, int], str] | None = None,
    ) -> DocumentShown:
        pictures = previews or {}
        pages = enumerate(report.pages if report else [], 1)
        return cls(
            id=document.id,
            status=document.status,
            filename=document.filename,
            size=document.size,
            sha256=document.sha256,
            purpose=document.purpose,
            upload=UploadShown(url=upload.url, fields=upload.fields) if upload else None,
            pages=[_page(page, pictures.get((document.version or "", number))) for number, page in pages],
            findings=[FindingShown.model_validate(finding) for finding in (report.findings if report else [])],
            suggested_placement=_suggestion(report),
            repairs=_repairs(document, report, pictures),
            stamped_size_max=document.size + stamp_size_max,
            created_at=document.created_at,
            kept_until=document.kept_until,
            reference=document.reference,
            metadata=document.metadata,
        )


def _page(page: dict[str, Any], preview_url: str | None) -> PageShown:
    return PageShown(
        width=page["width"] / 1000, height=page["height"] / 1000, rotation=page["rotation"], preview_url=preview_url
    )


def _suggestion(report: Report | None) -> SuggestionShown | None:
    if report is None or report.suggested_placement is None:
        return None
    at = report.suggested_placement
    ink = at["ink"] / 1_000_000 if "ink" in at else None
    return SuggestionShown(page=at["page"], **fractions(at), ink=ink)


def _repairs(document: Document, report: Report | None, pictures: Mapping[tuple[str, int], str]) -> list[RepairShown]:
    """Each repair with what was before it; what came after it is what was before the next, or the document as it stands."""
    rows = (report.repairs if report else None) or []
    versions = [
        VersionShown(
            size=row["size"],
            sha256=row["sha256"],
            findings=row["findings"],
            preview_url=pictures.get((row["version"], 1)),
        )
        for row in rows
    ]
    now = VersionShown(
        size=document.size,
        sha256=document.sha256,
        findings=[finding["code"] for finding in (report.findings if report else [])],
        preview_url=pictures.get((document.version or "", 1)),
    )
    following = [*versions[1:], now]
    return [
        RepairShown(repair=row["repair"], at=instants.read(row["at"]), before=before, after=after)
        for row, before, after in zip(rows, versions, following, strict=False)
    ]
