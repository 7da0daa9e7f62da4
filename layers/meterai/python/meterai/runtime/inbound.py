"""Mails that came in: raw MIME becomes what operations go by (ports.mail.ReadMail)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from meterai.ports.mail import MOST_BYTES, MOST_PROOF_BYTES, MOST_PROOFS, Dmarc, InboundMail, Proof, ProofKind
from meterai.runtime.mime import Headers, Part, decode, decoded, first, headers, leaves, text_of, words

MOST_TEXT_BYTES = 256 * 1024
MOST_DROPPED = 20
_ADDRESS = r"[^\s<>@\",;:()\[\]]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}"
_ONE_ADDRESS = re.compile(rf"(?:[^<>@,;]*<\s*({_ADDRESS})\s*>|\s*({_ADDRESS}))\s*")
_NOBODY = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+.=-].*)?@", re.I)
_AWAY = re.compile(
    r"\s*(?:(?:auto(?:matic)?|otomatis)[ -]?(?:reply|response|balas)|balasan otomatis|jawaban otomatis|out of (?:the )?office|"
    r"sedang cuti|undeliver|delivery status notification|mail delivery|returned mail|failure notice)",
    re.I,
)
_ANSWERING = ("x-loop", "x-autoreply", "x-autorespond", "x-autoresponder", "x-mailer-daemon", "x-failed-recipients")
_FIRST_BYTES: tuple[tuple[bytes, ProofKind], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


def read_mail(raw: bytes) -> InboundMail:
    """The mail in these bytes, whatever they are: bounded, and nothing in it is rendered, executed or fetched."""
    raw = raw[:MOST_BYTES]
    of, _ = headers(raw, 0, len(raw))
    host = _of_the_host(of)
    sender = _sender(of)
    subject = words(first(of, "subject"))
    parts = leaves(raw)
    texts = [part for part in parts.found if part.kind.startswith("text/") and not part.attached]
    text = "\n".join(_readable(raw, texts))
    proofs, dropped = _files(raw, [part for part in parts.found if part not in texts])
    dropped += ["parts beyond those that are looked at"] if parts.cut else []
    said = (first(of, "message-id"), sender or "", subject, text, *(proof.sha256 for proof in proofs), *dropped)
    return InboundMail(
        digest=hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest(),
        received_at=_received(first(host, "received")),
        subject=subject,
        sender=sender,
        spam=first(host, "x-ses-spam-verdict").upper(),
        virus=first(host, "x-ses-virus-verdict").upper(),
        dmarc=_dmarc(first(host, "authentication-results"), sender),
        automatic=_automatic(of, sender, subject),
        text=text,
        proofs=proofs,
        dropped=tuple(dropped[:MOST_DROPPED]),
    )


# The receiving host's word -------------------------------------------------------------------------------------------------


def _of_the_host(of: Headers) -> Headers:
    """The headers that SES put on top when it took the mail: from its own Received down to X-SES-RECEIPT. Anything of these
    names further down came with the mail, and anybody can write it."""
    names = [name for name, _ in of]
    on_top = names[:1] == ["received"] or names[:2] == ["return-path", "received"]
    if not on_top or "x-ses-receipt" not in names:
        return []
    if not re.search(r"\bby inbound-smtp\.[\w.-]+ with ", first(of, "received")):
        return []
    return of[: names.index("x-ses-receipt")]


def _received(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(re.sub(r"\([^()]*\)", "", value.rpartition(";")[2]).strip())
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _dmarc(results: str, sender: str | None) -> Dmarc:
    """The verdict on the domain that the sender's address is of; a verdict on another domain is none."""
    host, _, rest = results.partition(";")
    found = re.search(r"(?:^|[;\s])dmarc=(\w+)\s+header\.from=([\w.-]+)", rest)
    if host.strip() != "amazonses.com" or found is None or sender is None:
        return "none"
    if found[2].lower().rstrip(".") != sender.rpartition("@")[2]:
        return "fail" if found[1].lower() == "fail" else "none"
    return {"pass": "pass", "fail": "fail"}.get(found[1].lower(), "none")  # type: ignore[return-value]  # one of the three


# Who wrote -----------------------------------------------------------------------------------------------------------------


def _sender(of: Headers) -> str | None:
    """The address in From, in lower case, if there is one From and one address in it."""
    given = [value for name, value in of if name == "from"]
    if len(given) != 1:
        return None
    plain = re.sub(r"\([^()]*\)", "", re.sub(r'"(?:[^"\\]|\\.)*"', "", given[0]))
    found = _ONE_ADDRESS.fullmatch(plain)
    return (found[1] or found[2]).lower() if found else None


def _automatic(of: Headers, sender: str | None, subject: str) -> str | None:
    """Why no person wrote this, so that nothing is ever answered to it (RFC 3834): None for a person's."""
    for name, value in of:
        said = value.lower()
        if name == "auto-submitted" and not said.startswith("no"):
            return "auto_submitted"
        if name == "precedence" and said.split(" ")[0].replace("-", "_") in ("bulk", "junk", "list", "auto_reply"):
            return "precedence"
        if name.startswith("list-") or name == "mailing-list":
            return "list"
        if name in _ANSWERING or (name == "x-auto-response-suppress" and re.search(r"\b(?:all|autoreply)\b", said)):
            return "loop"
        if name == "return-path" and value.strip() in ("<>", ""):
            return "bounce"
    if first(of, "content-type").lower().startswith("multipart/report") or (sender and _NOBODY.match(sender)):
        return "bounce"
    return "auto_reply" if _AWAY.match(subject) else None


# What came along -----------------------------------------------------------------------------------------------------------


def _readable(raw: bytes, parts: Iterable[Part]) -> Iterable[str]:
    left = MOST_TEXT_BYTES
    for part in sorted(parts, key=lambda part: part.kind == "text/html"):
        bounded = Part(
            part.kind,
            part.charset,
            part.filename,
            part.attached,
            part.encoding,
            part.start,
            min(part.end, part.start + left),
        )
        text = decode(decoded(raw, bounded, most_bytes=MOST_TEXT_BYTES) or b"", part.charset)
        left -= bounded.end - bounded.start
        yield text_of(text) if part.kind == "text/html" else text


def _files(raw: bytes, parts: Iterable[Part]) -> tuple[tuple[Proof, ...], list[str]]:
    """The proofs among what was attached, judged by their first bytes and nothing else, and a line for each thing dropped."""
    proofs: dict[str, Proof] = {}
    dropped: list[str] = []
    for part in sorted(parts, key=lambda part: not part.attached):
        broken_off = part.end >= MOST_BYTES
        data = None if broken_off else decoded(raw, part, most_bytes=MOST_PROOF_BYTES)
        kind = next((kind for begins, kind in _FIRST_BYTES if data is not None and data.startswith(begins)), None)
        if data is None:
            why = "beyond what is read of a mail" if broken_off else f"larger than {MOST_PROOF_BYTES} bytes"
            dropped.append(f"{_named(part)}: {why}")
        elif kind is None:
            dropped.append(f"{_named(part)}: no PDF, PNG or JPEG")
        elif len(proofs) < MOST_PROOFS:
            sha256 = hashlib.sha256(data).hexdigest()
            proofs[sha256] = Proof(kind, sha256, data)
        else:
            dropped.append(f"{_named(part)}: more than {MOST_PROOFS} files")
    return tuple(proofs.values()), dropped


def _named(part: Part) -> str:
    """What an attachment was called, in letters that do no harm where they are shown."""
    name = "".join(letter if letter.isalnum() or letter in " ._-()" else "_" for letter in part.filename[-80:]).strip()
    kind = re.sub(r"[^a-z0-9/.+-]", "_", part.kind)[:60]
    return f"{name or 'unnamed'} ({kind})"
