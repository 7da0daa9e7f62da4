// Where on a page a stamp may be, in the service's own fractions: of the page as displayed, origin top left; x and width of its
// width, y of its height. tests/unit/web/placements.json has the cases that both sides agree on.

export const POINTS_PER_MM = 72 / 25.4;
export const LEAST_SIDE = 19 * POINTS_PER_MM;
const FINEST = 1e6; // the service keeps millionths

export const millimetres = (points) => Math.round(points / POINTS_PER_MM);

// A square of this side fits (with a little for rounding).
export const fits = (page, side) => Math.min(page.width, page.height) >= side - 0.01;

// The nearest place that is wholly on the page, in points from its top left corner.
export function inside(page, side, { left, top }) {
  return {
    left: Math.min(Math.max(0, left), Math.max(0, page.width - side)),
    top: Math.min(Math.max(0, top), Math.max(0, page.height - side)),
  };
}

// What the service wants: never a millionth beyond the edge, never narrower than asked.
export function fractions(page, side, { left, top }) {
  const down = (fraction) => Math.floor(Math.max(0, fraction) * FINEST) / FINEST;
  const width = Math.min(1, Math.ceil((side / page.width) * FINEST) / FINEST);
  const x = Math.min(down(left / page.width), down(1 - width));
  const y = Math.min(down(top / page.height), down(1 - (width * page.width) / page.height));
  return { x, y, width };
}

// The share of a square that is ink. `shades` are 0 to 255, row by row, of the whole page at `columns` a row; paper is the
// commonest light shade, as the service takes it to be.
export function ink({ shades, columns, rows }, page, side, { left, top }) {
  const paper = paperOf(shades);
  const [x1, x2] = [left, left + side].map((at) => (at / page.width) * columns);
  const [y1, y2] = [top, top + side].map((at) => (at / page.height) * rows);
  let [dark, all] = [0, 0];
  for (let y = Math.max(0, Math.floor(y1)); y < Math.min(rows, Math.ceil(y2)); y += 1) {
    for (let x = Math.max(0, Math.floor(x1)); x < Math.min(columns, Math.ceil(x2)); x += 1) {
      all += 1;
      if (Math.abs(shades[y * columns + x] - paper) > 40) dark += 1;
    }
  }
  return all ? dark / all : 0;
}

// Of a page that is nearly all dark it is the commonest shade.
function paperOf(shades) {
  const counts = new Uint32Array(256);
  for (const shade of shades) counts[shade] += 1;
  const lights = counts.subarray(128).reduce((sum, count) => sum + count, 0);
  let paper = 255;
  for (let shade = 254; shade >= (lights > 0.1 * shades.length ? 128 : 0); shade -= 1) {
    if (counts[shade] > counts[paper]) paper = shade;
  }
  return paper;
}
