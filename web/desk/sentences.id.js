// Kalimat untuk petugas: keadaan, giliran, tindakan, dan jalan masuk sebuah pengembalian dana.

export const statuses = {
  unconfirmed: "Belum dikonfirmasi pemiliknya",
  pending: "Dicatat, menunggu pembubuhan",
  received: "Diterima, keping ditahan",
  awaiting_decision: "Menunggu keputusan petugas",
  awaiting_destination: "Menunggu rekening tujuan",
  approved: "Disetujui",
  paying: "Uang sedang dikirim",
  refunded: "Uang sudah dikembalikan",
  rejected: "Ditolak",
  cancelled: "Dibatalkan pemiliknya",
};

export const turns = {
  confirmation: "pemilik mengonfirmasi lewat e-mail",
  destination: "pemilik menyebut rekening tujuan",
  decision: "petugas memutuskan",
  payout: "petugas kedua mencairkan",
  machine: "sistem, tanpa petugas",
  nobody: "tidak ada, sudah selesai",
};

export const ways = {
  provider: "lewat penyedia",
  payout: "pencairan ke rekening",
};

export const doors = {
  api: "halaman atau API",
  mail: "e-mail",
  officer: "dicatat petugas",
};

export const channels = {
  whatsapp: "WhatsApp",
  post_office: "kantor pos",
  phone: "telepon",
  letter: "surat",
};

export const acts = {
  note: "mencatat pengajuan",
  approve: "menyetujui",
  reject: "menolak",
  payout: "memerintahkan pencairan",
};

export const notes = {
  policy: "sesuai aturan, tanpa petugas",
  overpaid: "pembayaran yang tidak membeli apa pun",
  payment_provider_refused: "penyedia pembayaran menolak",
  owner: "atas permintaan pemiliknya",
  payout_ordered: "pencairan diperintahkan",
  payout: "rekening diisi, pencairan menunggu keputusan",
  payout_bounced: "kiriman ke rekening ditolak atau kembali",
  mail: "lewat surel",
  officer: "lewat petugas",
  lapsed: "tidak dikonfirmasi dalam 7 hari",
  day_7: "hari ke-7",
  day_14: "hari ke-14",
  day_30: "hari ke-30",
  day_40: "hari ke-40",
  day_44: "hari ke-44",
  day_45: "hari ke-45, janji terlewat",
};

export const kinds = {
  quota: "keping satu tagihan",
  payment: "pembayaran yang tidak membeli apa pun",
};

export const invoices = {
  awaiting_payment: "menunggu pembayaran",
  paid: "lunas",
  expired: "kedaluwarsa",
  refunding: "dalam pengembalian",
  refunded: "sudah dikembalikan",
};

export const attempts = {
  open: "terbuka",
  expired: "kedaluwarsa",
  denied: "ditolak penyedia",
  settled: "membeli keping",
  overpaid: "lebih bayar",
};

export const stampings = {
  queued: "antre",
  sealing: "sedang disegel",
  done: "selesai",
  released: "dilepaskan",
};

export const keptAs = {
  pay: "membeli keping",
  overpay: "tidak membeli apa pun, dikembalikan",
};

export const buckets = {
  available: "tersedia",
  reserved: "dipesan",
  used: "terpakai",
  held: "ditahan",
  refunded: "dikembalikan",
};

export const desk = {
  keyMissing: "Tempelkan dulu kunci petugas Anda.",
  keyUnknown: "Kunci ini tidak dikenal atau sudah dicabut. Minta kunci baru kepada pengelola.",
  keyOfNoOfficer: "Kunci ini bukan kunci petugas, jadi meja ini tidak terbuka untuknya.",
  empty: "Tidak ada pengembalian dana yang menunggu.",
  emptyHere: "Tidak ada yang berada di sini sekarang.",
  missing: "Perkara ini tidak ada. Periksa lagi nomornya.",
  decided: "Keputusan Anda tercatat.",
  ordered: "Pencairan diperintahkan. Sistem mengirim uangnya.",
  invoiceMissing: "Isi nomor tagihannya, misalnya inv_0123…",
  arrivedMissing: "Isi kapan pengajuan itu tiba.",
  arrivedWrong: "Pengajuan tidak mungkin tiba di masa depan atau sebelum tagihannya dibayar.",
  invoiceUnknown: "Tidak ada tagihan dengan nomor ini.",
  unverified: "Pemilik tagihan ini belum mengonfirmasi e-mailnya, jadi tidak ada yang dapat ditanya.",
  written: "Dicatat. Pemiliknya mendapat surat untuk mengonfirmasi.",
  reasonMissing: "Tulis dulu alasannya: pemilik dan auditor akan membacanya.",
  maskedNote: "Nomor lengkap hanya terlihat oleh petugas yang mencairkan.",
  cannotDecide: "Kunci ini tidak memuat hak memutuskan.",
  cannotPay: "Kunci ini tidak memuat hak mencairkan. Petugas lain yang mencairkannya.",
  sameOfficer: "Anda yang menyetujui pencairan ini, jadi petugas lain yang harus mencairkannya.",
  noDestination: "Rekening tujuan belum ada, jadi belum dapat dicairkan.",
};

export const marks = {
  alarm: "lewat hari ke-30",
  officer: "perlu petugas",
};

export const parts = {
  owner: "Pemilik",
  destination: "Rekening tujuan",
  bought: "Tagihan dan pembayaran",
  attempts: "Upaya pembayaran",
  payments: "Pembayaran",
  others: "Pengembalian lain untuk tagihan ini",
  waits: "Pembubuhan yang ditunggu",
  timeline: "Jalannya",
  acts: "Tindakan petugas",
  decide: "Putuskan",
  pay: "Cairkan",
};

export const facts = {
  id: "Nomor",
  turn: "Giliran",
  day: "Hari",
  promised: "Dijanjikan",
  received: "Diterima",
  of: "Untuk",
  back: "Kembali",
  reason: "Alasan pemilik",
  channel: "Datang lewat",
  saidName: "Nama yang disebut",
  saidPhone: "Telepon yang disebut",
  saidQuota: "Sisa kuota yang disebut",
  proofs: "Lampiran",
  settled: "Selesai",
  reference: "Nomor di penyedia",
  account: "Akun",
  email: "E-mail",
  phone: "Telepon",
  since: "Sejak",
  quota: "Kuota",
  bank: "Bank",
  number: "Nomor",
  given: "Menurut pemilik",
  holder: "Menurut bank",
  checked: "Diperiksa",
  invoice: "Tagihan",
  content: "Isi",
  paid: "Dibayar",
  offered: "Ditawarkan kembali",
};

export const told = {
  case: "Perkara",
  opening: "Membuka perkara …",
  promise: (day, at) => `Hari ke-${day}, dijanjikan paling lambat ${at}`,
  turn: (whose) => `Giliran: ${whose}`,
  dayOf: (day, days) => `ke-${day} dari ${days}`,
  atTheLatest: (at) => `paling lambat ${at}`,
  by: (what, way) => `${what}, lewat ${way}`,
  outOf: (amount, total) => `${amount} dari ${total}`,
  proofs: (count) => `${count} berkas, tidak dibuka di sini`,
  since: (what, at) => `${what}, sejak ${at}`,
  reject: "Tolak",
  approve: "Setujui",
  reason: "Alasan",
  reasonNote: "Pemilik membaca alasan ini di riwayatnya. Jangan menulis data pribadi.",
  way: "Bila disetujui, dibayarkan",
  pay: (amount) => `Cairkan ${amount}`,
  to: (amount, bank) => `${amount} ke ${bank}`,
  inTheName: (holder) => `, atas nama ${holder}.`,
  approvedBy: "Disetujui oleh petugas",
  compare: ". Cocokkan nama, bank, dan jumlahnya dulu.",
  note: "Catatan (boleh kosong)",
  verified: (at) => `dikonfirmasi ${at}`,
  unverified: "belum dikonfirmasi",
  notNeeded: "Tidak diperlukan.",
  none: "Belum ada.",
};

export const page = {};
