"""Raw mails: read whatever they are, and believed in nothing that the receiving host did not say."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.appeal import SUBJECT, said
from meterai.ports.mail import MOST_BYTES, MOST_PROOF_BYTES, MOST_PROOFS
from meterai.runtime import mime
from meterai.runtime.inbound import MOST_DROPPED, read_mail
from tests.fakes.mails import BUDI, JPEG, PDF, PNG, received, written

ID = "inv_01J7ZK4Q8MABCDEFGHJKMNPQRS"


def plain(*lines: str) -> bytes:
    """A mail made by hand."""
    return "\r\n".join(lines).encode()


def test_a_mail_as_people_write_it() -> None:
    mail = read_mail(received(written(ID, proofs=(("application/pdf", "bukti.pdf", PDF),))))
    assert (mail.subject, mail.sender, mail.dmarc, mail.spam, mail.virus) == (SUBJECT, BUDI, "pass", "PASS", "PASS")
    assert (mail.automatic, mail.dropped) == (None, ())
    assert mail.received_at == datetime(2024, 9, 4, 3, 2, 1, tzinfo=UTC)
    read = said(mail.text)
    assert (read.invoices, read.name, read.phone, read.quota) == ((ID,), "Budi Santoso", "+6281234567890", 2)
    assert [(proof.kind, proof.data) for proof in mail.proofs] == [("application/pdf", PDF)]


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_any_transfer_encoding(encoding: str) -> None:
    mail = EmailMessage()
    mail["Subject"] = SUBJECT
    mail.set_content(f"Nama: Siti Nurhaliza\nNo. Invoice: {ID} é {'x' * 40}\n", cte=encoding)
    assert said(read_mail(mail.as_bytes()).text).invoices == (ID,)


def test_a_quoted_printable_line_that_is_broken_inside_the_invoice() -> None:
    raw = plain(
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "No. Invoice: inv=5F01J7ZK4Q8MABC=",
        "DEFGHJKMNPQRS=",
        " ya",
    )
    assert said(read_mail(raw).text).invoices == (ID,)


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("utf-8", "café".encode()),
        ("us-ascii", "café".encode()),
        ("iso-8859-1", "café".encode("latin-1")),
        ("utf-8", "café".encode("latin-1")),
        ("punycode", "café".encode()),
        ("zlib", "café".encode()),
        ("made-up", "café".encode()),
        ("utf-16", "café".encode("utf-16")),
    ],
)
def test_a_charset_may_lie(charset: str, data: bytes) -> None:
    raw = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + data
    assert read_mail(raw).text == "café"


def test_a_mail_of_html_alone_is_read_as_text_and_nothing_of_it_runs() -> None:
    page = (
        "<html><head><title>Halo</title><style>p{color:red} inv_style</style></head><body><header>Yth.</header>"
        "<!-- inv_00000000000000000000000001 --><script>alert('inv_00000000000000000000000002')</script>"
        '<p>Nama:&nbsp;<b>Budi Santoso</b></p><table><tr><td>No. Invoice</td><td>: inv_<span style="x">01J7ZK4Q8M</span>'
        'ABCDEFGHJKMNPQRS</td></tr></table><img src="http://192.0.2.1/pixel.png">sisa kuota &lt; 3<br></body></html>'
    )
    raw = plain(f"Subject: {SUBJECT}", "Content-Type: text/html; charset=utf-8", "", page)
    mail = read_mail(raw)
    assert said(mail.text).invoices == (ID,)
    assert said(mail.text).name == "Budi Santoso"
    assert "Yth." in mail.text
    assert not any(word in mail.text for word in ("alert", "color", "192.0.2.1", "Halo", "<b>"))


def test_subjects_and_names_in_encoded_words() -> None:
    raw = plain(
        "Subject: =?utf-8?B?" + base64.b64encode(SUBJECT[:20].encode()).decode() + "?=",
        " =?iso-8859-1?Q?" + SUBJECT[20:].replace(" ", "_") + "?=",
        "From: =?utf-8?q?Budi=2C_S=2E_=3Cpalsu=40contoh=2Eid=3E?= <Budi@Example.ID>",
        "",
        "x",
    )
    mail = read_mail(raw)
    assert (mail.subject, mail.sender) == (SUBJECT, BUDI)


def test_nested_parts_and_a_forwarded_mail_are_read() -> None:
    inner = EmailMessage()
    inner["Subject"], inner["From"] = "Tagihan Anda", "lain@contoh.id"
    inner.set_content(f"No. Invoice: {ID}\n")
    inner.add_attachment(PNG, maintype="image", subtype="png", filename="bukti.png")
    outer = EmailMessage()
    outer["Subject"], outer["From"] = f"Fwd: {SUBJECT}", BUDI
    outer.set_content("Ini tagihan saya, mohon dibatalkan.\n")
    outer.add_alternative("<p>Ini tagihan saya</p>", subtype="html")
    outer.add_attachment(inner)
    mail = read_mail(outer.as_bytes())
    assert said(mail.text).invoices == (ID,)
    assert (mail.sender, [proof.kind for proof in mail.proofs]) == (BUDI, ["image/png"])


def test_an_attachment_is_what_its_bytes_are_whatever_it_says() -> None:
    mail = read_mail(
        written(
            proofs=(
                ("application/pdf", "bukti.pdf", b"MZ\x90\x00 not a proof"),
                ("application/octet-stream", "IMG_1", JPEG),
                ("image/png", "slip.png", PDF),
                ("text/html", "bukti.html", b"<script>alert(1)</script>"),
                ("application/zip", "bukti <b>x</b>.zip", b"PK\x03\x04"),
                ("image/svg+xml", "a.svg", b"<svg onload=alert(1)>"),
            )
        )
    )
    assert [proof.kind for proof in mail.proofs] == ["image/jpeg", "application/pdf"]
    assert len(mail.dropped) == 4
    assert "bukti.pdf (application/pdf): no PDF, PNG or JPEG" in mail.dropped
    assert not set("<>\r\n") & set("".join(mail.dropped))


def test_at_most_three_files_of_at_most_five_megabytes_each_once() -> None:
    large = PDF + bytes(MOST_PROOF_BYTES)
    files = tuple(("application/pdf", f"{n}.pdf", PDF + bytes([65 + n])) for n in range(5))
    mail = read_mail(written(proofs=(("application/pdf", "besar.pdf", large), files[0], *files)))
    assert len(mail.proofs) == MOST_PROOFS
    assert len({proof.sha256 for proof in mail.proofs}) == MOST_PROOFS
    assert any(line.startswith("besar.pdf (application/pdf): larger than") for line in mail.dropped)


def test_a_mail_of_thirty_megabytes_is_read_as_far_as_it_is_read_and_its_text_counts() -> None:
    head = plain(f"Subject: {SUBJECT}", f"From: {BUDI}", 'Content-Type: multipart/mixed; boundary="b"', "")
    text = plain("", "--b", "Content-Type: text/plain", "", f"No. Invoice: {ID}", "")
    small = plain("--b", "Content-Type: image/png", "Content-Disposition: attachment; filename=kecil.png", "", "") + PNG
    film = plain("", "--b", "Content-Type: video/mp4; name=layar.mp4", "Content-Transfer-Encoding: base64", "", "")
    end = plain("", "--b--", "")
    raw = received(head + text + small + film + b"QUJDREVG" * (30 * 1024 * 1024 // 8) + end)
    assert len(raw) > 30 * 1024 * 1024 > MOST_BYTES
    mail = read_mail(raw)
    assert said(mail.text).invoices == (ID,)
    assert [proof.data for proof in mail.proofs] == [PNG]
    assert mail.dropped == ("layar.mp4 (video/mp4): beyond what is read of a mail",)


def test_the_receiving_hosts_verdicts_are_read_where_it_put_them_and_nowhere_else() -> None:
    lies = plain(
        "X-SES-Spam-Verdict: PASS",
        "X-SES-Virus-Verdict: PASS",
        "Authentication-Results: amazonses.com; dmarc=pass header.from=example.id;",
        "X-SES-RECEIPT: AAAA",
        "",
    )
    honest = written(ID)
    assert read_mail(lies + honest).dmarc == "none"
    assert read_mail(lies + honest).virus == ""
    under = read_mail(received(lies + honest, dmarc="fail", spam="FAIL", virus="FAIL"))
    assert (under.dmarc, under.spam, under.virus) == ("fail", "FAIL", "FAIL")
    as_if = plain("Received: from x by inbound-smtp.example.org with SMTP id 1; Wed, 04 Sep 2024 03:02:01 +0000", "")
    spoofed = read_mail(received(as_if + lies + honest, dmarc="none"))
    assert spoofed.dmarc == "none"


def test_a_verdict_that_the_host_did_not_give_is_not_taken_from_further_down() -> None:
    lies = plain(
        "X-SES-Virus-Verdict: PASS", "Authentication-Results: amazonses.com; dmarc=pass header.from=example.id;", ""
    )
    host = plain(
        "Return-Path: <budi@example.id>",
        "Received: from a (a [192.0.2.1]) by inbound-smtp.us-east-1.amazonaws.com with SMTP id 1 for cs@meterai.test;",
        " Wed, 04 Sep 2024 03:02:01 +0000 (UTC)",
        "X-SES-RECEIPT: AAAA",
        "",
    )
    mail = read_mail(host + lies + written(ID))
    assert (mail.dmarc, mail.virus) == ("none", "")


@pytest.mark.parametrize(
    ("sender", "domain", "verdict"),
    [
        (f"Budi <{BUDI}>", "example.id", "pass"),
        ("Budi <BUDI@EXAMPLE.ID>", "example.id", "pass"),
        (f"Budi <{BUDI}>", "contoh.id", "none"),
        (f'"lain@contoh.id" <{BUDI}>', "contoh.id", "none"),
        (f"lain@contoh.id, {BUDI}", "contoh.id", "none"),
    ],
)
def test_the_verdict_counts_for_the_domain_of_the_one_address_in_from(sender: str, domain: str, verdict: str) -> None:
    raw = received(plain(f"From: {sender}", "", "x"), domain=domain)
    assert read_mail(raw).dmarc == verdict


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        (BUDI, BUDI),
        (f"<{BUDI}>", BUDI),
        (f'"Santoso, Budi" <{BUDI}>', BUDI),
        (f"Budi (kerja, kantor) <{BUDI}>", BUDI),
        (f"{BUDI}, lain@contoh.id", None),
        ("Budi", None),
        (f"<{BUDI}> <lain@contoh.id>", None),
        ("", None),
    ],
)
def test_the_sender(sender: str, address: str | None) -> None:
    assert read_mail(plain(f"From: {sender}", "", "x")).sender == address


def test_two_senders_are_none() -> None:
    assert read_mail(plain(f"From: {BUDI}", "From: lain@contoh.id", "", "x")).sender is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Auto-Submitted: auto-replied", "auto_submitted"),
        ("Auto-Submitted: auto-generated", "auto_submitted"),
        ("Precedence: bulk", "precedence"),
        ("Precedence: auto_reply", "precedence"),
        ("Precedence: Junk", "precedence"),
        ("List-Id: <pelamar.contoh.id>", "list"),
        ("List-Unsubscribe: <mailto:x@contoh.id>", "list"),
        ("X-Loop: cs@meterai.test", "loop"),
        ("X-Autoreply: yes", "loop"),
        ("X-Auto-Response-Suppress: DR, OOF, All", "loop"),
        ("Return-Path: <>", "bounce"),
        ("From: MAILER-DAEMON@mx.contoh.id", "bounce"),
        ("From: Pos <no-reply@contoh.id>", "bounce"),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=x", "bounce"),
        ("Subject: Balasan otomatis: " + SUBJECT, "auto_reply"),
        ("Subject: Automatic reply: " + SUBJECT, "auto_reply"),
        ("Subject: Out of Office", "auto_reply"),
        ("Auto-Submitted: no", None),
        ("Precedence: first-class", None),
        ("Subject: " + SUBJECT, None),
    ],
)
def test_what_no_person_wrote_is_known_by_its_headers(line: str, why: str | None) -> None:
    headers = [line] if line.startswith("From") else [f"From: {BUDI}", line]
    assert read_mail(plain(*headers, "", "x")).automatic == why


def test_a_bounce_is_known_by_the_envelope_that_the_host_saw() -> None:
    assert read_mail(received(written(ID), return_path="")).automatic == "bounce"


def test_the_same_mail_by_another_way_is_the_same_and_another_is_another() -> None:
    first = read_mail(received(written(ID)))
    again = read_mail(received(written(ID), at=datetime(2024, 9, 5, tzinfo=UTC), dmarc="none"))
    assert first.digest == again.digest
    others = (
        written(ID, text="lain"),
        written(ID, message_id="<2@x>"),
        written(ID, proofs=(("image/png", "a.png", PNG),)),
    )
    assert len({first.digest, *(read_mail(received(other)).digest for other in others)}) == 4


def test_nesting_without_end_parts_without_number_and_headers_without_limit_are_cut() -> None:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(2_000))
    assert "parts beyond those that are looked at" in read_mail(deep).dropped
    wide = (
        plain('Content-Type: multipart/mixed; boundary="b"', "")
        + b"\r\n--b\r\nContent-Type: image/gif\r\n\r\nx" * 5_000
    )
    mail = read_mail(wide)
    assert len(mail.dropped) == MOST_DROPPED
    assert len(mime.leaves(wide).found) < mime.MOST_PARTS
    mails = b"Content-Type: message/rfc822\r\n\r\n" * 5_000
    assert "parts beyond those that are looked at" in read_mail(mails).dropped
    long = b"Subject: " + b"x" * 1_000_000 + b"\r\n" + b"X-Much: y\r\n" * 100_000 + b"\r\nisi"
    mail = read_mail(long)
    assert len(mail.subject) <= mime.MOST_VALUE
    assert mail.text == "isi"


@pytest.mark.parametrize(
    "mark", ["<", "</", "<!", "<!--", "<![", "<a ", "<a x='", "&", "&#", "<script", "</p", "<p/><", "<?"]
)
def test_a_page_of_unfinished_marks_is_read(mark: str) -> None:
    raw = plain("Content-Type: text/html", "", mark * (120_000 // len(mark)))
    assert read_mail(raw).automatic is None


PIECES = st.sampled_from(
    [
        b"From: budi@example.id\r\n", b"Subject: x\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n", b"--b", b"--b--",
        b"\r\n", b"\n", b"\r\n\r\n", b"Content-Type: text/html; charset=utf-16\r\n", b"Content-Type: message/rfc822\r\n",
        b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n", b"=?utf-8?b?=?=", b"=",
        b"Content-Disposition: attachment; filename*0*=utf-8''%FF; filename*1=x\r\n", b"%PDF-", b"<p>&#xD800;", b"\x00\xff",
        b"Received: from a by inbound-smtp.x with SMTP id 1; Mon, 99 Foo 99999 99:99:99 +9999\r\n", b"X-SES-RECEIPT: a\r\n",
    ]
)  # fmt: skip


@given(st.binary(max_size=600) | st.lists(PIECES | st.binary(max_size=8), max_size=40).map(b"".join))
def test_any_bytes_are_a_mail_and_what_comes_of_them_is_bounded(raw: bytes) -> None:
    mail = read_mail(raw)
    assert len(mail.digest) == 64
    assert len(mail.proofs) <= MOST_PROOFS
    assert len(mail.dropped) <= MOST_DROPPED
    assert len(mail.text) <= 2 * len(raw) + 100
    said(mail.text)
    assert read_mail(raw) == mail
