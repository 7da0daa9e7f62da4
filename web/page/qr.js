// A QR code from a text, worked out here: bytes, error level M, versions 1 to 20 (ISO/IEC 18004). So a payment needs no picture
// of anybody's, and is drawn as lines that stay sharp.

// By version: codewords of error correction in a block, and how many blocks (level M).
const CORRECTION = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
const LEVEL_M = 0b00;
const QUIET = 4;
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

// The field of 256 elements that codewords live in: powers of 2 modulo x^8 + x^4 + x^3 + x^2 + 1, and their logarithms.
const POWER = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let exponent = 0, value = 1; exponent < 255; exponent += 1, value = (value << 1) ^ (value & 0x80 ? 0x11d : 0)) {
  POWER[exponent] = POWER[exponent + 255] = value;
  LOG[value] = exponent;
}
const times = (a, b) => (a && b ? POWER[LOG[a] + LOG[b]] : 0);

const sideOf = (version) => 17 + 4 * version;

function alignmentsOf(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const last = sideOf(version) - 7;
  const step = 2 * Math.ceil((last - 6) / (2 * (count - 1)));
  return [6, ...Array.from({ length: count - 1 }, (_, index) => last - step * (count - 2 - index))];
}

// How many codewords a symbol carries, corrections counted.
function codewordsOf(version) {
  const marks = alignmentsOf(version).length;
  const alignment = version === 1 ? 0 : (25 * marks - 10) * marks - 55;
  return Math.floor(((16 * version + 128) * version + 64 - alignment - (version >= 7 ? 36 : 0)) / 8);
}

const dataOf = (version) => codewordsOf(version) - CORRECTION[version] * BLOCKS[version];
const lengthBits = (version) => (version < 10 ? 8 : 16);

// The text's bytes as data codewords of the smallest version that holds them. Raises RangeError beyond version 20.
function dataFrom(bytes) {
  const version = BLOCKS.findIndex((_, each) => each && 4 + lengthBits(each) + 8 * bytes.length <= 8 * dataOf(each));
  if (version < 0) throw new RangeError("the text is too long for a code that phones read well");
  const bits = [];
  const put = (value, count) => {
    for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  put(0b0100, 4);
  put(bytes.length, lengthBits(version));
  for (const byte of bytes) put(byte, 8);
  const room = 8 * dataOf(version);
  put(0, Math.min(4, room - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let filler = 0xec; bits.length < room; filler ^= 0xec ^ 0x11) put(filler, 8);
  const data = Array.from({ length: room / 8 }, (_, at) => bits.slice(8 * at, 8 * at + 8).reduce((sum, bit) => 2 * sum + bit, 0));
  return { version, data };
}

// What is left when the data, moved up by the generator's degree, is divided by the generator.
function correction(data, count) {
  let generator = [1];
  for (let root = 0; root < count; root += 1) {
    const raised = [...generator, 0];
    generator.forEach((factor, at) => (raised[at + 1] ^= times(factor, POWER[root])));
    generator = raised;
  }
  const rest = [...data, ...Array(count).fill(0)];
  for (let at = 0; at < data.length; at += 1) {
    const lead = rest[at];
    generator.forEach((factor, offset) => (rest[at + offset] ^= times(factor, lead)));
  }
  return rest.slice(data.length);
}

// Blocks, each with its correction, dealt out in turns.
function codewords(version, data) {
  const count = BLOCKS[version];
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const blocks = [];
  for (let number = 0, from = 0; number < count; number += 1) {
    const length = short + (number >= count - longer ? 1 : 0);
    blocks.push(data.slice(from, from + length));
    from += length;
  }
  const corrections = blocks.map((block) => correction(block, CORRECTION[version]));
  const dealt = (parts, most) =>
    Array.from({ length: most }, (_, at) => parts.filter((part) => at < part.length).map((part) => part[at])).flat();
  return [...dealt(blocks, short + 1), ...dealt(corrections, CORRECTION[version])];
}

// A symbol under way: `dark` by row and column, and `fixed` where no data goes.
class Symbol {
  constructor(version) {
    this.version = version;
    this.side = sideOf(version);
    this.dark = Array.from({ length: this.side }, () => new Uint8Array(this.side));
    this.fixed = Array.from({ length: this.side }, () => new Uint8Array(this.side));
    this.patterns();
  }

  set(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.side || y >= this.side) return;
    this.dark[y][x] = dark ? 1 : 0;
    this.fixed[y][x] = 1;
  }

  rings(x, y, reach, light) {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) this.set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  }

  patterns() {
    const last = this.side - 1;
    for (let at = 0; at < this.side; at += 1) {
      this.set(6, at, at % 2 === 0);
      this.set(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [last - 3, 3], [3, last - 3]]) this.rings(x, y, 4, [2, 4]);
    const marks = alignmentsOf(this.version);
    for (const y of marks) {
      for (const x of marks) {
        const corner = (x === 6 && y === 6) || (x === 6 && y === last - 6) || (x === last - 6 && y === 6);
        if (!corner) this.rings(x, y, 2, [1]);
      }
    }
    this.format(0);
    if (this.version < 7) return;
    let rest = this.version;
    for (let bit = 0; bit < 12; bit += 1) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let at = 0; at < 18; at += 1) {
      const [far, near] = [last - 10 + (at % 3), Math.floor(at / 3)];
      this.set(far, near, (bits >> at) & 1);
      this.set(near, far, (bits >> at) & 1);
    }
  }

  format(mask) {
    const last = this.side - 1;
    const value = (LEVEL_M << 3) | mask;
    let rest = value;
    for (let bit = 0; bit < 10; bit += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((value << 10) | rest) ^ 0x5412;
    for (let at = 0; at < 15; at += 1) {
      const dark = (bits >> at) & 1;
      const down = at < 6 ? at : at < 8 ? at + 1 : last - 14 + at;
      const across = at < 8 ? last - at : at === 8 ? 7 : 14 - at;
      this.set(8, down, dark);
      this.set(across, 8, dark);
    }
    this.set(8, last - 7, true);
  }

  // Upwards and downwards in columns of two from the right, past the timing column.
  fill(words) {
    let at = 0;
    for (let right = this.side - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.side; step += 1) {
        const y = (right + 1) & 2 ? step : this.side - 1 - step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x]) continue;
          this.dark[y][x] = at < 8 * words.length ? (words[at >> 3] >> (7 - (at & 7))) & 1 : 0;
          at += 1;
        }
      }
    }
  }

  mask(number) {
    this.format(number);
    this.dark.forEach((row, y) => row.forEach((_, x) => this.fixed[y][x] || (row[x] ^= MASKS[number](x, y) ? 1 : 0)));
  }

  // How hard it is to read: runs, squares, what looks like a finder, and too much of one colour.
  penalty() {
    const lines = [...this.dark, ...this.dark.map((_, x) => this.dark.map((row) => row[x]))].map((line) => line.join(""));
    let sum = 0;
    for (const line of lines) {
      for (const run of line.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
      sum += 40 * (line.match(/(?=00001011101|10111010000)/g) ?? []).length;
    }
    for (let y = 1; y < this.side; y += 1) {
      for (let x = 1; x < this.side; x += 1) {
        const count = this.dark[y][x] + this.dark[y - 1][x] + this.dark[y][x - 1] + this.dark[y - 1][x - 1];
        if (count % 4 === 0) sum += 3;
      }
    }
    const share = this.dark.reduce((all, row) => all + row.reduce((one, dark) => one + dark, 0), 0) / this.side ** 2;
    return sum + 10 * Math.floor(Math.abs(20 * share - 10));
  }
}

// The symbol of a text: `rows` of 0 and 1, and the `mask` and `version` it was made with.
export function encode(text) {
  const { version, data } = dataFrom(new TextEncoder().encode(text));
  const symbol = new Symbol(version);
  symbol.fill(codewords(version, data));
  const penalties = MASKS.map((_, number) => {
    symbol.mask(number);
    const found = symbol.penalty();
    symbol.mask(number); // a second time takes it off
    return found;
  });
  const mask = penalties.indexOf(Math.min(...penalties));
  symbol.mask(mask);
  return { version, mask, rows: symbol.dark.map((row) => Array.from(row)) };
}

// One path of an SVG whose units are modules, and how many there are a side, the quiet zone counted.
export function path(text) {
  const { rows } = encode(text);
  const runs = rows.flatMap((row, y) =>
    Array.from(row.join("").matchAll(/1+/g), ({ 0: run, index }) => `M${QUIET + index} ${QUIET + y}h${run.length}v1h-${run.length}z`),
  );
  return { side: rows.length + 2 * QUIET, d: runs.join("") };
}
