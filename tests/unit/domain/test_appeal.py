"""What a person's mail about a refund says, as people write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.appeal import MOST_INVOICES, SUBJECT, asks_refund, bare_subject, said

ID = "inv_01J7ZK4Q8MABCDEFGHJKMNPQRS"
OTHER = "inv_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.mark.parametrize(
    "subject",
    [
        SUBJECT,
        "CASN - Pengajuan Pembatalan Pembelian meterai-elektronik.com",
        "CASN–Pengajuan Pembatalan Pembelian meterai–elektronik.com",
        "CASN — PENGAJUAN PEMBATALAN PEMBELIAN METERAI-ELEKTRONIK.COM",
        "casn-pengajuan pembatalan pembelian materai-elektronik.com",
        "Re: CASN-Pengajuan Pembatalan Pembelian meterai-elektronik.com",
        "Fwd: Re: [EXTERNAL] CASN-Pengajuan Pembatalan Pembelian meterai-elektronik.com",
        "Bls: Trs: CASN-Pengajuan Pembatalan Pembelian meterai-elektronik.com",
        "RE[2]: CASN-Pengajuan Pembatalan Pembelian meterai-elektronik.com",
        "CASN-Pengajuan Pembatalan Pembelian meterai elektronik",
        "CASN_Pengajuan_Pembatalan_Pembelian_meterai_elektronik.com",
        "CASN-Pengajuan  Pembatalan\tPembelian\u00a0meterai-elektronik.com",
        "ＣＡＳＮ－Ｐｅｎｇａｊｕａｎ Ｐｅｍｂａｔａｌａｎ Ｐｅｍｂｅｌｉａｎ ｍｅｔｅｒａｉ-elektronik.com",
        "CASN-Pengajuan Pem\u00adbatalan Pembelian mete\u200brai-elektronik.com",
        "CASN-Pengajuan Pembatlan Pembelian meterai-elektronik.com",
        "CASN-Pengajuan Pemabtalan Pembelian meterai-elektronik.com",
        "CASN-Pengajuan Pembatalan Pembelian metrai-elektronik.com",
        "CASN-Pengjuan Pembtalan Pembelain maeterai-elektronik.com",
        "CASNPengajuanPembatalanPembelianmeterai-elektronik.com",
        "Pengajuan pembatalan pembelian e-meterai",
        "Pembatalan pembelian emeterai CPNS 2024",
        "Permohonan pengembalian dana e-materai",
        "refund e-meterai",
        "Mohon dibatalkan pembelian materai elektronik saya",
    ],
)
def test_a_subject_that_means_it(subject: str) -> None:
    assert asks_refund(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Halo",
        "CASN",
        "Informasi lowongan CASN 2024",
        "Pembelian meterai-elektronik.com",
        "Cara membubuhkan meterai elektronik",
        "Meterai gagal dibubuhkan",
        "Pembatalan pembelian tiket kereta",
        "Pembatalan seminar materi CPNS",
        "Pembatasan pembelian meterai elektronik",
        "Pengembalian barang material",
        "Permohonan pengembalian buku perpustakaan",
        "Undangan rapat pembahasan elektronik",
        "Tagihan meterai-elektronik.com Anda",
        "Penawaran: beli 1000 meterai, bayar 900",
        "meterai" * 200,
        "-" * 5000,
    ],
)
def test_a_subject_that_means_something_else(subject: str) -> None:
    assert not asks_refund(subject)


def test_what_mail_programs_put_before_a_subject_is_taken_off() -> None:
    assert bare_subject("Re: FW: [spam?] Bls:  Halo: dunia") == "Halo: dunia"


@pytest.mark.parametrize(
    "written",
    [
        ID,
        ID.lower(),
        ID.upper(),
        f"No. Invoice: {ID}",
        f"Nomor tagihan saya {ID}.",
        f"({ID})",
        "inv 01J7 ZK4Q 8MAB CDEF GHJK MNPQ RS",
        "INV-01J7ZK4Q8MABCDEFGHJKMNPQRS",
        "inv_01J7ZK4Q8MABC\nDEFGHJKMNPQRS",
        "inv_01J7ZK4Q8MABC\r\nDEFGHJKMNPQRS",
        "inv_O1J7ZK4Q8MABCDEFGHJKMNPQRS",
        "inv_0IJ7ZK4Q8MABCDEFGHJKMNPQRS",
        "No invoice = 01J7ZK4Q8MABCDEFGHJKMNPQRS",
        "ID tagihan:\n01j7zk4q8mabcdefghjkmnpqrs",
        f"https://meterai.test/#/invoices/{ID}",
        "inv\u200b_01J7ZK4Q8MABCDEFGHJKMNPQRS",
        "inv_０１J7ZK4Q8MABCDEFGHJKMNPQRS",
    ],
)
def test_an_invoice_however_it_was_copied(written: str) -> None:
    assert said(f"Saya mau batal. {written}\nTerima kasih").invoices == (ID,)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "inv_",
        "inv_01J7ZK4Q8MABCDEFGHJKMNPQR",
        "inv_01J7ZK4Q8MABCDEFGHJKMNPQRST",
        "inv_U1J7ZK4Q8MABCDEFGHJKMNPQRS",
        "No. Invoice: 12345",
        "Nomor tagihan: belum ada karena halaman galat terus",
        "rfd_01J7ZK4Q8MABCDEFGHJKMNPQRS",
        "01J7ZK4Q8MABCDEFGHJKMNPQRS",
    ],
)
def test_what_is_no_invoice(written: str) -> None:
    assert said(f"Saya mau batal: {written} ya").invoices == ()


def test_several_invoices_in_the_order_they_are_named_each_once_and_no_more_than_five() -> None:
    both = said(f"1) {OTHER}\n2) {ID.lower()}\n3) No. Invoice: {OTHER}")
    assert (both.invoices, both.more) == ((OTHER, ID), False)
    many = said("\n".join(f"inv_{number:026}" for number in range(9)))
    assert (len(many.invoices), many.more) == (MOST_INVOICES, True)
    assert many.invoices[0] == f"inv_{0:026}"


@pytest.mark.parametrize(
    "written",
    [
        "No. HP: 0812-3456-7890",
        "No HP/WA : +62 812 3456 7890",
        "Nomor telepon (aktif) 081234567890",
        "telp. (0812) 3456 7890",
        "Hubungi saya di 0812 3456 7890 ya",
        "WhatsApp: 6281234567890",
    ],
)
def test_a_telephone_number(written: str) -> None:
    assert said(f"Halo\n{written}\n{ID}").phone == "+6281234567890"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Nama: Budi Santoso", "Budi Santoso"),
        ("NAMA LENGKAP : Siti Nur'aini, S.Pd", "Siti Nur'aini"),
        ("1. Nama = Ayu  Lestari  ", "Ayu Lestari"),
        ("Perkenalkan nama saya Made Wirawan dari Bali", "Made Wirawan"),
        ("Nama: 081234567890", None),
        ("Nama berkas sudah benar", None),
    ],
)
def test_a_name(written: str, name: str | None) -> None:
    assert said(f"Selamat pagi\n{written}\n").name == name


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("Sisa kuota: 2 keping", 2),
        ("sisa quota e-meterai saya 10", 10),
        ("Kuota tersisa = 0", 0),
        ("sisa kuota saya tiga keping", 3),
        ("kuota habis", 0),
        ("tidak tahu", None),
    ],
)
def test_what_is_left_of_the_quota(written: str, left: int | None) -> None:
    assert said(written).quota == left


@given(st.text(max_size=3_000) | st.text(alphabet="inv_INV invoice:01ABCtagihan \n-", max_size=3_000))
def test_any_text_is_read(text: str) -> None:
    read = said(text)
    assert len(read.invoices) <= MOST_INVOICES
    assert all(len(one) == 30 for one in read.invoices)
    assert read.name is None or 2 <= len(read.name) <= 60
    asks_refund(text)


def test_long_repetitions_are_read_too() -> None:
    for word in ("invoice", "inv_0", "sisa ", "nama ", "hp ", "0 8 1", "tagihan:\n", "re:", "[", "nama: saya"):
        said(word * (150_000 // len(word)))
        asks_refund(word * 10_000)
