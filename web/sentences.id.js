// Kalimat untuk orang, dalam bahasa Indonesia: apa yang terjadi dan apa yang dapat dilakukan berikutnya.
// `problems` has one line for every code of runtime/problems.py, with quoted keys, so that tests can read it.

export const problems = {
  "request_invalid": "Ada isian yang belum benar. Perbaiki isian itu, lalu kirim lagi.",
  "idempotency_key_missing": "Permintaan tiba tanpa penanda anti-ganda, jadi belum diproses. Muat ulang halaman ini, lalu ulangi.",
  "idempotency_key_reused": "Permintaan ini berbeda dari yang pernah dikirim dengan penanda yang sama, jadi tidak diproses. Muat ulang halaman ini, lalu ulangi.",
  "request_too_large": "Berkas terlalu besar untuk dikirim langsung. Pilih berkas itu di halaman ini, nanti diunggah lewat jalur berkas besar.",
  "media_type_unsupported": "Jenis berkas ini tidak diterima. Pilih berkas PDF.",
  "method_not_allowed": "Alamat ini tidak menerima tindakan itu. Kembali ke halaman utama, lalu ulangi dari sana.",
  "token_invalid": "Akun di peramban ini tidak dikenali lagi. Isi e-mail untuk membuka akun baru, atau buka peramban yang dulu Anda pakai membeli.",
  "scope_missing": "Akun ini tidak berhak melakukan tindakan itu. Minta hak itu kepada pengelola akun.",
  "not_found": "Yang Anda cari tidak ada, atau bukan milik akun ini. Periksa lagi alamat atau nomornya.",
  "rate_limited": "Permintaan datang terlalu cepat. Tunggu sebentar, halaman ini mencoba lagi sendiri.",
  "busy": "Layanan sedang sibuk. Tidak ada yang hilang, halaman ini mencoba lagi sendiri.",
  "quota_exhausted": "Kuota meterai Anda habis. Beli keping dulu, dokumen ini tetap tersimpan.",
  "invoice_not_paid": "Tagihan ini belum dibayar, jadi belum ada yang dapat dikembalikan. Bayar dulu, atau biarkan kedaluwarsa.",
  "sold_out": "Semua keping yang masih sempat dibubuhkan sebelum tenggat sudah terjual. Coba lagi sebentar lagi: tagihan yang tidak dibayar dibuka kembali.",
  "invoice_not_open": "Tagihan ini tidak menunggu pembayaran lagi. Jangan bayar kode lama, buat pembelian baru bila perlu.",
  "payment_mismatch": "Jumlah yang dibayar tidak sama dengan tagihan. Uang itu kami catat dan kami kembalikan, Anda tidak perlu membayar lagi.",
  "notification_forged": "Pemberitahuan pembayaran itu bukan dari penyedia pembayaran, jadi diabaikan. Status tagihan Anda tidak berubah.",
  "payment_provider_unavailable": "Penyedia pembayaran sedang terganggu. Tagihan Anda aman, kode bayar diminta lagi sebentar lagi.",
  "document_not_ready": "Berkas belum selesai diunggah. Tunggu sampai selesai, atau pilih berkas itu sekali lagi.",
  "document_in_use": "Dokumen ini masih dipakai pembubuhan yang berjalan. Tunggu sampai selesai, baru hapus.",
  "document_too_large": "Berkas lebih besar dari 10 MB. Perkecil dulu, misalnya dengan memindai pada 150 dpi, lalu pilih lagi.",
  "document_too_complex": "Isi berkas terlalu rumit untuk diperiksa dengan aman. Cetak ke PDF dari aplikasi asalnya, lalu pilih hasilnya.",
  "document_encrypted": "Berkas terkunci kata sandi. Simpan salinan tanpa kata sandi, lalu pilih salinan itu.",
  "document_certified": "Penandatangan dokumen ini menutupnya untuk perubahan, jadi tidak dapat dibubuhi. Minta salinan yang belum dikunci kepada penandatangannya.",
  "document_signed": "Dokumen ini sudah ditandatangani secara elektronik, jadi isinya tidak kami ubah. Minta salinan yang diperbaiki kepada penandatangannya.",
  "document_too_many_pages": "Dokumen ini lebih dari 200 halaman. Bagi menjadi beberapa berkas, lalu pilih bagian yang perlu meterai.",
  "document_unreadable": "Berkas ini tidak dapat dibaca sebagai PDF. Buka dengan aplikasi asalnya, simpan atau cetak ke PDF, lalu pilih hasilnya.",
  "document_altered": "Dokumen ini berubah setelah dibubuhi meterai, jadi meterainya tidak berlaku lagi. Pakai berkas asli yang Anda unduh dulu.",
  "placement_off_page": "Sebagian meterai keluar dari halaman. Geser ke dalam, atau pakai tempat yang disarankan.",
  "placement_too_small": "Di halaman sekecil ini meterai tidak dapat dipindai. Pilih halaman lain yang lebih besar.",
  "already_stamped": "Dokumen ini sudah bermeterai. Periksa dulu keasliannya, bubuhi lagi hanya bila memang perlu keping kedua.",
  "stamp_in_progress": "Masih ada pembubuhan yang berjalan. Permintaan Anda dicatat dan dinilai begitu pembubuhan itu selesai.",
  "stamping_cancelled": "Pembubuhan ini Anda batalkan. Kepingnya sudah kembali ke kuota Anda.",
  "serial_mistyped": "Nomor seri ini salah ketik. Periksa lagi 22 huruf dan angkanya, atau pindai ulang kode QR.",
  "timestamp_unavailable": "Otoritas waktu sedang terganggu. Dokumen Anda tetap dalam antrean dan selesai sendiri nanti.",
  "refund_window_closed": "Batas waktu pengajuan untuk tagihan ini sudah lewat. Keping yang tersisa tetap dapat dipakai dan tidak kedaluwarsa.",
  "refund_whole_invoice_only": "Hanya satu tagihan utuh yang dapat dikembalikan, bukan sebagian. Pilih tagihan yang seluruh kepingnya masih ada.",
  "refund_quota_insufficient": "Sisa kuota Anda kurang dari jumlah di tagihan ini, jadi tidak dapat dikembalikan. Keping yang tersisa tetap dapat dipakai.",
  "refund_already_requested": "Pengembalian untuk tagihan ini sudah diajukan. Ikuti jalannya di daftar tagihan.",
  "refund_not_cancellable": "Uang sudah mulai dikirim, jadi pengajuan ini tidak dapat dibatalkan lagi. Ikuti jalannya sampai selesai.",
  "refund_not_awaiting_decision": "Pengembalian ini tidak sedang menunggu keputusan. Muat ulang untuk melihat keadaannya sekarang.",
  "refund_not_awaiting_destination": "Pengembalian ini tidak sedang menunggu rekening tujuan. Muat ulang untuk melihat keadaannya sekarang.",
  "refund_not_awaiting_payout": "Pengembalian ini tidak sedang menunggu pencairan. Muat ulang untuk melihat keadaannya sekarang.",
  "same_officer": "Anda yang menyetujui pencairan ini, jadi petugas lain yang harus membayarkannya.",
  "destination_checks_spent": "Terlalu banyak rekening dicoba untuk pengembalian ini. Coba sekali lagi besok, dengan nama dan nomor persis seperti di buku tabungan.",
  "destination_mismatch": "Nama pada rekening itu berbeda dari nama yang Anda isi. Periksa nomor rekening, lalu isi nama persis seperti di buku tabungan.",
  "destination_unknown": "Bank tidak mengenal nomor rekening itu. Periksa nama bank dan nomornya, lalu kirim lagi.",
  "contact_unverified": "Alamat e-mail Anda belum dikonfirmasi. Buka surat dari kami dan ketuk tautannya, lalu ulangi.",
  "link_invalid": "Tautan ini sudah dipakai atau lewat waktunya. Minta tautan baru, yang lama tidak berlaku lagi.",
};

export const unknownProblem = "Permintaan ini ditolak. Muat ulang halaman, lalu coba sekali lagi.";

// Isian yang ditunjuk oleh `errors[].pointer`.
export const fields = {
  email: "Alamat e-mail belum benar, misalnya nama@contoh.id.",
  quantity: "Jumlah keping adalah angka bulat dari 1 sampai 1.000.",
  filename: "Nama berkas terlalu panjang, pendekkan dulu.",
  size: "Berkas kosong. Pilih berkas lain.",
  reason: "Pilih satu alasan.",
  bank: "Pilih salah satu bank di daftar.",
  number: "Nomor rekening terdiri atas 6 sampai 20 angka.",
  given: "Isi nama pemilik rekening, paling sedikit 2 huruf.",
  serial: "Nomor seri terdiri atas 22 huruf besar dan angka.",
};

export const connection = {
  sending: "Mengirim …",
  asking: "Membaca …",
  offline: "Tidak ada sambungan internet.",
  network: "Sambungan terputus.",
  busy: "Layanan sedang sibuk.",
  promise: "Kami terus mencoba dengan permintaan yang sama. Tidak ada yang hilang dan tidak ada yang dihitung dua kali.",
};

export const device = {
  empty: "Berkas ini kosong. Pilih berkas lain.",
  picture: "Ini gambar, bukan PDF. Simpan atau cetak dulu sebagai PDF dari galeri, lalu pilih PDF-nya.",
  office: "Ini dokumen kantor, bukan PDF. Buka di aplikasinya, pilih Simpan sebagai PDF, lalu pilih PDF-nya.",
  notKept: "Peramban ini tidak menyimpan apa pun (jendela pribadi, kuki dimatikan, atau penyimpanan penuh). Jangan tutup halaman ini sampai dokumen diunduh, atau buka di jendela biasa.",
  fileGone: "Berkas tidak dapat dibaca dari perangkat ini. Salin ke penyimpanan perangkat, lalu pilih lagi.",
  uploadRefused: "Penyimpanan menolak unggahan ini. Pilih berkas itu sekali lagi.",
  simulationRefused: "Status pembayaran ini tidak mengizinkan simulasi itu.",
  simulationGone: "Simulator pembayaran tidak menjawab. Coba tekan lagi.",
};

export const findings = {
  already_stamped: "Dokumen ini sudah memuat meterai.",
  signed: "Dokumen ini sudah ditandatangani. Tanda tangannya tetap utuh setelah dibubuhi.",
  upload_incomplete: "Berkas yang tiba tidak sama dengan yang Anda pilih. Pilih sekali lagi.",
  broken_structure: "Susunan berkas ini tidak rapi, tetapi masih dapat dibaca.",
  page_letter: "Kertasnya ukuran Letter, bukan A4.",
  page_f4: "Kertasnya ukuran F4, bukan A4.",
  page_not_a4: "Kertasnya bukan A4.",
  scripts: "Berkas ini memuat program kecil. Setelah dibubuhi jangan diubah lagi.",
  optional_content: "Berkas ini memuat lapisan yang dapat disembunyikan. Periksa dulu semua isinya.",
  hidden_layers: "Berkas ini memuat lapisan yang sedang tersembunyi. Periksa dulu semua isinya.",
  unreferenced_content: "Berkas ini memuat isi yang tidak tampak di halaman mana pun. Kalau bukan buatan Anda, tanyakan asalnya.",
  duplicate_objects: "Berkas ini memuat dua isi bernomor sama. Kalau bukan buatan Anda, tanyakan asalnya.",
  covered_content: "Ada tulisan yang tertutup sesuatu di halaman. Periksa dulu semua isinya.",
};

// Perbaikan yang ditawarkan layanan: satu ketukan, berkas aslinya tetap disimpan.
export const repairs = {
  rewrite: { tap: "Perbaiki berkas ini", note: "Susunannya ditulis ulang, isinya tetap. Berkas asli disimpan." },
  unlock: { tap: "Buka kunci berkas ini", note: "Berkas ini terkunci tanpa kata sandi. Kuncinya dilepas, isinya tetap. Berkas asli disimpan." },
};

export const documents = {
  reading: "Membaca berkas …",
  uploading: "Mengunggah …",
  examining: "Memeriksa isi berkas …",
  awaiting_upload: "Berkas belum selesai diunggah. Pilih berkas itu sekali lagi.",
  ready: "Berkas dapat dibubuhi.",
  about: (name, pages, size) => `${name}, ${pages} halaman, ${size}.`,
  until: (day) => `Berkas ini disimpan sampai ${day}; yang sudah bermeterai tidak dihapus.`,
  repairing: "Memperbaiki berkas …",
  refused: "Berkas ini tidak dapat dibubuhi.",
  deleted: "Berkas ini sudah dihapus. Pilih berkas lain.",
};

export const invoices = {
  awaiting_payment: "menunggu pembayaran",
  paid: "lunas",
  expired: "kedaluwarsa",
  refunding: "sedang dikembalikan",
  refunded: "sudah dikembalikan",
};

export const payments = {
  open: "Pindai kode ini dengan aplikasi bank atau dompet digital Anda. Halaman ini berubah sendiri begitu pembayaran masuk.",
  expired: "Kode ini kedaluwarsa. Buat kode baru; pembayaran yang telanjur masuk tetap dihitung.",
  denied: "Pembayaran ditolak penyedia. Uang Anda tidak berkurang. Buat kode baru untuk mencoba lagi.",
  settled: "Pembayaran diterima.",
  overpaid: "Pembayaran ini berlebih dan dikembalikan seluruhnya. Lihat daftar tagihan.",
};

export const stampings = {
  sending: "Mengirim permintaan …",
  uses: (count) => `Anda masih punya ${count} keping dari sebelumnya, jadi tidak perlu membayar lagi.`,
  verified: "Sudah diperiksa: tercatat di daftar nomor seri, dan sidik berkasnya cocok.",
  queued: "Dalam antrean. Satu keping sudah dipesan untuk dokumen ini. Anda boleh menutup halaman.",
  sealing: "Sedang dibubuhi dan disegel. Anda boleh menutup halaman.",
  done: "Selesai. Dokumen Anda bermeterai.",
  released: "Pembubuhan tidak jadi. Kepingnya kembali ke kuota Anda.",
};

// Antrean: semuanya dari room.json.
export const queue = {
  place: (number) => `Kira-kira nomor ${number} dalam antrean.`,
  turn: (from, to) => (from === to ? `Giliran Anda sekitar pukul ${from} WIB.` : `Giliran Anda kira-kira antara pukul ${from} dan ${to} WIB.`),
  unknown: "Giliran belum dapat diperkirakan. Antrean Anda tidak hilang, dan urutannya tetap.",
  issuerDown: "Penerbit sedang terganggu. Yang sudah masuk antrean menunggu, lalu dibubuhi mulai dari yang paling lama.",
  age: (seconds) => `Diperbarui ${seconds} detik yang lalu. Halaman ini boleh ditutup.`,
  receipt: "Bukti antre, untuk ditunjukkan kepada instansi",
  beforePaying: (from, to) => `Bila dibayar sekarang, meterai jadi kira-kira antara pukul ${from} dan ${to} WIB.`,
  beforePayingUnknown: "Kapan meterai jadi, belum dapat diperkirakan.",
};

export const receipts = {
  empty: "Tempel bukti antre di kotak di atas.",
  checking: "Memeriksa …",
  genuine: "Bukti ini asli.",
  forged: "Ini bukan bukti antre dari layanan ini, atau isinya berubah.",
  another: "Bukti ini asli, tetapi milik akun atau pembubuhan lain.",
  noKeys: "Kunci untuk memeriksa sedang tidak tersedia. Coba lagi sebentar lagi.",
  old: "Peramban ini belum dapat memeriksa tanda tangan. Perbarui peramban, atau buka halaman ini di perangkat lain.",
  paid: (pieces) => `${pieces} lunas`,
  lines: { paid: "perorangan", bulk: "mitra" },
  whose: (theirs) => (theirs === null ? "isi nomornya untuk memastikan" : theirs ? "nomor yang Anda isi" : "nomor lain"),
};

export const verdicts = {
  authentic: { title: "Asli", text: "Meterai ini sah dan dokumen tidak berubah sejak dibubuhi.", kind: "good" },
  review: { title: "Perlu diperiksa", text: "Meterainya utuh, tetapi ada hal yang tidak kami kenal. Tanyakan kepada pengirim dokumen.", kind: "warn" },
  altered: { title: "Dokumen berubah", text: "Isi dokumen diubah setelah dibubuhi. Minta berkas asli kepada pengirimnya.", kind: "bad" },
  forged: { title: "Palsu", text: "Meterai ini ditandatangani pihak lain, bukan penerbit. Jangan terima dokumen ini.", kind: "bad" },
  copied: { title: "Salinan", text: "Gambar atau nomor meterai disalin tanpa segelnya. Minta berkas asli, bukan hasil cetak atau pindai.", kind: "bad" },
  void: { title: "Tidak berlaku", text: "Segelnya benar, tetapi nomor serinya tidak tercatat untuk dokumen ini. Jangan terima sebelum jelas.", kind: "bad" },
  unstamped: { title: "Belum bermeterai", text: "Tidak ada meterai elektronik dari layanan ini di berkas ini.", kind: "plain" },
  unreadable: { title: "Tidak terbaca", text: "Berkas ini tidak dapat dibaca sebagai PDF atau gambar. Pastikan memilih berkas yang benar.", kind: "plain" },
};

export const reasons = {
  whole: "Disegel penerbit, tidak berubah sejak itu, dan tercatat di daftar nomor seri.",
  unreadable: "Tidak ada pembaca PDF yang dapat membuka berkas ini.",
  earlier_stamp_broken: "Meterai lain yang lebih dulu di berkas ini tidak utuh.",
  signed_by_another_key: "Ditandatangani dengan kunci yang bukan milik penerbit.",
  no_valid_signature: "Ada tanda meterai, tetapi tanpa tanda tangan yang sah.",
  certificate_without_key: "Sertifikat penerbit diperlihatkan, tetapi bukan kuncinya yang menandatangani.",
  key_not_in_force: "Kunci penerbit tidak berlaku pada waktu ditandatangani.",
  certificate_revoked: "Sertifikat penerbit sudah dicabut waktu ditandatangani.",
  bytes_changed: "Isi yang disegel tidak sama lagi dengan isi waktu disegel.",
  partly_covered: "Segelnya tidak mencakup seluruh dokumen.",
  certificate_path: "Rantai sertifikatnya tidak sampai ke akar yang dipercaya.",
  timestamp_invalid: "Waktu penyegelan tidak dikuatkan otoritas waktu yang dipercaya.",
  serial_missing: "Segelnya tidak menyebut satu nomor seri yang jelas.",
  serial_unknown: "Nomor serinya tidak dikenal di daftar.",
  serial_not_affixed: "Nomor serinya tidak tercatat sudah dibubuhkan.",
  other_bytes: "Nomor seri ini tercatat untuk isi yang lain.",
  changed_between_stamps: "Dokumen diubah sebelum dibubuhi lagi.",
  changed_later: "Dokumen diubah setelah dibubuhi.",
  signed_later_by_known: "Pihak yang kami kenal menandatangani dokumen setelah dibubuhi. Meterainya tetap sah.",
  timestamped_later: "Otoritas waktu yang dipercaya menambahkan stempel waktu setelah dibubuhi. Meterainya tetap sah.",
  signed_later: "Pihak yang tidak kami kenal menandatangani dokumen setelah dibubuhi.",
  validation_data_added: "Data validasi ditambahkan setelah tanda tangan terakhir.",
  picture_of_a_stamp: "Gambar tidak membawa segel, jadi tidak membuktikan apa pun. Bandingkan dengan catatan nomor serinya.",
  no_code_in_picture: "Kode QR meterai dari layanan ini tidak terbaca di gambar ini.",
  marks_without_seal: "Tampak meterai dari layanan ini, tetapi segelnya tidak ada di berkas ini.",
  earlier_version: "Ini versi sebelum dibubuhi. Versi bermeterainya ada, minta kepada pemiliknya.",
  another_signature_broken: "Tanda tangan lain di berkas ini tidak sah.",
};

// Halaman yang kode QR-nya belum dibaca: `runs` are the first and last of each run; null when no page could be drawn.
export const unseen = (runs) =>
  runs
    ? `Kode QR di halaman ${runs.map(({ first, last }) => (first === last ? first : `${first}–${last}`)).join(", ")} tidak kami baca. Lihat sendiri apakah ada gambar meterai lain di sana.`
    : "Halaman-halamannya tidak dapat digambar, jadi kode QR di sana tidak kami baca.";

export const serials = {
  same: "Berkas ini sama persis dengan yang dibubuhi: sidiknya cocok dengan catatan di atas.",
  differs: "Berkas ini bukan berkas yang dibubuhi dengan nomor ini, atau sudah berubah: sidiknya tidak cocok.",
  sealedHere: "Nomor seri di atas ada di berkas ini.",
  shownHere: "Nomor seri di atas tampak di berkas ini, tetapi segelnya tidak ada.",
  notHere: "Nomor seri di atas tidak ada di berkas ini.",
  compare: (serial, when, starts) =>
    `Catatan nomor ${serial}: dibubuhkan ${when}, sidik berkas aslinya berawalan ${starts}.`,
};

export const refunds = {
  unconfirmed: "Menunggu konfirmasi e-mail Anda",
  pending: "Dicatat, menunggu pembubuhan yang masih berjalan",
  received: "Diterima, keping ditahan",
  awaiting_decision: "Menunggu keputusan petugas",
  awaiting_destination: "Menunggu rekening tujuan",
  approved: "Disetujui",
  paying: "Uang sedang dikirim",
  refunded: "Uang sudah dikembalikan",
  rejected: "Ditolak, keping kembali ke kuota",
  cancelled: "Dibatalkan, keping kembali ke kuota",
};

// Giliran siapa, dan hari ke berapa dari janji (hari kalender WIB).
export const turns = {
  whose: {
    you: "Sekarang giliran Anda.",
    officer: "Sekarang giliran petugas kami.",
    provider: "Sekarang giliran penyedia pembayaran.",
    us: "Sekarang giliran kami.",
  },
  ended: "Sudah berakhir.",
  day: (day, promised, ended) => {
    const which = day === 0 ? `hari pengajuan, dari ${promised} hari` : `hari ke-${day} dari ${promised}`;
    return ended ? `Selesai pada ${which}.` : `Ini ${which}.`;
  },
};

// Tautan di dalam surat.
export const letters = {
  email: {
    title: "Konfirmasi alamat e-mail",
    ask: "Ketuk untuk menyatakan bahwa alamat e-mail ini milik Anda. Setelah itu kabar tentang uang Anda dikirim ke sana.",
    tap: "Konfirmasi alamat ini",
    done: "Alamat e-mail Anda sudah dikonfirmasi. Kabar tentang uang Anda dikirim ke sana.",
  },
  refund: {
    title: "Konfirmasi pengajuan pengembalian dana",
    ask: "Ketuk untuk menyatakan bahwa surat pengajuan itu dari Anda. Tanpa konfirmasi, tidak ada yang berubah.",
    tap: "Konfirmasi pengajuan ini",
    done: "Pengajuan Anda sudah dikonfirmasi. Inilah keadaannya sekarang.",
  },
  following: {
    title: "Pengembalian dana Anda",
    note: "Halaman ini hanya untuk dibaca, dan berubah sendiri. Jangan teruskan tautannya.",
  },
  again: {
    sent: "Surat konfirmasi dikirim lagi. Tautan lama tetap berlaku sampai sehari setelah dikirim.",
    verified: "Alamat e-mail ini sudah dikonfirmasi.",
    soon: "Surat baru saja dikirim. Periksa juga folder spam, lalu coba lagi semenit kemudian, paling banyak sepuluh kali sehari.",
  },
};

export const notes = {
  policy: "sesuai aturan, tanpa perlu keputusan petugas",
  overpaid: "pembayaran ganda atau berlebih, dikembalikan seluruhnya",
  payment_provider_refused: "penyedia pembayaran menolak, petugas menanganinya",
  owner: "atas permintaan Anda",
  mail: "lewat surel",
  officer: "lewat petugas",
  lapsed: "tidak dikonfirmasi dalam 7 hari",
  payout: "pencairan ke rekening Anda diperiksa petugas",
  payout_bounced: "bank mengembalikan kiriman, petugas menanganinya",
  payout_ordered: "petugas kedua memerintahkan pencairan",
  day_7: "hari ke-7, belum selesai",
  day_14: "hari ke-14, belum selesai",
  day_30: "hari ke-30, belum selesai",
  day_40: "hari ke-40, belum selesai",
  day_44: "hari ke-44, belum selesai",
  day_45: "hari ke-45, janji kami terlewat dan kami minta maaf",
};

export const refundMethods = {
  provider: "kembali ke sumber pembayaran lewat penyedia pembayaran",
  payout: "dikirim ke rekening bank Anda, yang ditanyakan setelah disetujui",
};

export const banking = {
  why: "Uang tidak dapat kembali lewat jalan pembayarannya, jadi dikirim ke rekening bank Anda.",
  bank: "Bank",
  choose: "Pilih bank",
  number: "Nomor rekening",
  given: "Nama pemilik rekening",
  check: "Isi nama persis seperti di buku tabungan. Kami tanyakan nama itu kepada bank sebelum uang dikirim; setelah cocok, rekening tidak dapat diganti.",
  send: "Pakai rekening ini",
  asking: "Menanyakan nama kepada bank …",
  empty: "Lengkapi bank, nomor rekening, dan nama pemiliknya.",
  shown: (bank, number) => `Rekening tujuan: ${bank} ${number}.`,
};

export const refundReasons = [
  "Tidak jadi dipakai",
  "Jumlah yang dibeli keliru",
  "Pembubuhan gagal atau terlambat",
  "Alasan lain",
];

export const counts = {
  pieces: (_, written) => `${written} keping`,
  days: (count) => `${count} hari`,
  hours: (count) => `${count} jam`,
  policy: (id, window, percent, days) =>
    `Aturan ${id}: diajukan paling lambat ${window} setelah bayar, satu tagihan utuh, ` +
    `selama sisa kuota cukup. Kembali ${percent} % dari total, paling lama ${days} hari kalender.`,
};

export const buying = {
  lines: (pieces, duty, service) => `${pieces}, masing-masing ${duty} bea meterai dan ${service} jasa.`,
  total: (pieces, unit, fee) => `${pieces} × ${unit} bea meterai + ${fee} jasa`,
  making: "Membuat kode bayar …",
  paid: (pieces) => `Pembayaran diterima. ${pieces} masuk ke kuota Anda.`,
  now: (state) => `Tagihan ini ${state}.`,
  over: "habis",
  notNeeded: (count) => `Anda masih punya ${count} keping. Pakai itu dulu: pilih dokumen di langkah 1, tanpa membayar lagi.`,
  copy: "Salin kode",
  copied: "Tersalin",
};

export const placing = {
  page: (number) => `Halaman ${number}`,
  of: (number, all) => `${number} dari ${all}`,
  where: (page, left, top) => `Halaman ${page}: ${left} mm dari kiri, ${top} mm dari atas.`,
  safe: "Aman",
  covers: "Menutupi tulisan",
  safeNote: "Tempat ini kosong.",
  coversNote: "Meterai menutupi tulisan, geser ke tempat kosong.",
};

export const sizes = {
  most: (size) => `Setelah dibubuhi ukurannya paling besar ${size}.`,
  over: (size, limit) => `Setelah dibubuhi ukurannya sampai ${size}, lebih dari ${limit}. Perkecil sekarang: setelah dibubuhi berkas tidak boleh diubah.`,
  cannot: "Gambar di berkas ini tidak dapat diperkecil sebanyak itu. Pindai lagi dengan 150 dpi, lalu pilih hasilnya.",
};

export const judging = {
  stamp: (number, verdict) => `Meterai ${number}: ${verdict}`,
  sealed: (when) => `Waktu segel: ${when}`,
  aim: "Arahkan kamera ke kode QR pada meterai.",
  noCamera: "Kamera tidak dapat dipakai. Izinkan kamera di peramban, atau pilih foto halamannya.",
  strangeCode: "Kode QR ini bukan kode meterai dari layanan ini.",
};

export const refunding = {
  invoice: "Tagihan",
  none: "Belum ada tagihan.",
  paid: (when) => `Dibayar ${when}`,
  made: (when) => `Dibuat ${when}`,
  number: "Nomor",
  quote: "Hitung pengembalian",
  quoting: "Menghitung …",
  code: "Lihat kode bayar",
  receipt: "Kwitansi (PDF)",
  ask: (amount) => `Ajukan pengembalian ${amount}`,
  share: (percent, total) => `${percent} % dari ${total}`,
  counted: (pieces) => `Ini baru hitungan, belum ada yang diajukan. Bila diajukan, ${pieces} disisihkan sampai uangnya kembali. Selama uang belum dikirim, pengajuan dapat dibatalkan.`,
  latest: (day) => `Paling lambat ${day} (WIB).`,
  promised: (day) => `Dijanjikan paling lambat ${day} (WIB).`,
  reason: "Alasan",
  not: "Tidak jadi",
  asking: "Mengirim pengajuan …",
  ofPayment: "Pembayaran yang tidak membeli apa pun",
  ofInvoice: "Pengembalian dana",
  cancel: "Batalkan pengajuan",
  remind: "Ingatkan saya di kalender",
  remindTitle: (amount) => `Pengembalian dana ${amount}: hari terakhir yang dijanjikan`,
  remindAbout: (invoice, page) => `Tagihan ${invoice}. Lihat keadaannya di ${page}`,
};

// Yang berikutnya terjadi pada pengembalian dana, menurut keadaannya.
export const upcoming = {
  next: (what) => `Berikutnya: ${what}.`,
  by: "Uang kembali paling lambat",
  steps: {
    unconfirmed: "buka surat dari kami dan ketuk tautannya; tanpa itu pengajuan gugur setelah 7 hari",
    pending: "pengajuan dinilai sendiri begitu pembubuhan yang berjalan selesai",
    received: "pengajuan diperiksa menurut aturan, Anda tidak perlu berbuat apa-apa",
    awaiting_decision: "petugas memutuskan, Anda tidak perlu berbuat apa-apa",
    awaiting_destination: "isi rekening tujuan di peramban tempat Anda membeli",
    approved: "uang dikirim",
    paying: "uang tiba, lalu ditulis di sini",
  },
};

// Kata-kata kuota yang belum tentu dikenal orang.
export const quotas = {
  reserved: "Dipesan: untuk dokumen yang sedang dibubuhi.",
  held: "Ditahan: disisihkan untuk pengembalian dana.",
};

export const past = {
  unnamed: "Dokumen",
  states: { queued: "dalam antrean", sealing: "sedang dibubuhi", done: "bermeterai", released: "tidak jadi" },
  joined: (when) => `Dalam antrean sejak ${when}.`,
  ended: { done: (when) => `Dibubuhi ${when}.`, released: (when) => `Berakhir ${when}.` },
  source: (day) => `Berkas asalnya disimpan sampai ${day}.`,
  gone: "Berkas asalnya sudah dihapus.",
  download: "Unduh lagi",
  follow: "Lihat giliran",
};

export const small = { why: "Penjelasan", choose: "Ketuk untuk memilih berkas" };

// Kata-kata halaman sendiri berbahasa Indonesia di HTML-nya.
export const page = {};
