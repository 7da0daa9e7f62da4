// Whose turn is when, worked out here from room.json and the instant at which somebody joined: in whole numbers, as the service
// does (domain/waiting_room.py). tests/room_cases.json holds the two together.

export const SLACK_SECONDS = 60;

// Bins are [minute, width, joined, waiting], oldest first. How many are ahead of who joined in this second: all of earlier bins,
// and of their own the share that joined before them, without those of it who have gone.
export function ahead(bins, second) {
  let before = 0;
  for (const [minute, width, joined, waiting] of bins) {
    const start = minute * 60;
    const end = (minute + width) * 60;
    if (end <= second) before += waiting;
    else if (start <= second) {
      const earlier = Math.floor((joined * (second - start)) / (end - start));
      before += Math.min(Math.max(0, earlier - (joined - waiting)), waiting - 1);
    }
  }
  return before;
}

// In how many seconds the turn is of somebody with so many ahead: {p10, p50, p90}. `rates` are stampings an hour [p10, p50, p90];
// `standstill` is how long the line stands still, null when nobody knows. Null: nobody knows.
export function estimate(before, rates, standstill) {
  if (rates === null || standstill === null) return null;
  const [low, middle, high] = rates.map((rate) => Math.max(1, rate));
  const number = before + 1;
  return {
    p10: standstill + Math.max(0, Math.floor((number * 3_600) / high) - SLACK_SECONDS),
    p50: standstill + Math.ceil((number * 3_600) / middle),
    p90: standstill + Math.ceil((number * 3_600) / low) + SLACK_SECONDS,
  };
}

// After how many seconds to look at room.json again: seldom where the turn is far, or nobody knows.
export function lookAfter(expected) {
  return expected === null ? 60 : Math.min(120, Math.max(10, Math.floor(expected.p10 / 6)));
}

// Whether it is time to ask the service itself: the line moves, and nobody is ahead or the turn is less than a minute away.
export function isDue(before, expected, standstill) {
  return standstill === 0 && (before === 0 || (expected !== null && expected.p50 < 60));
}

// After how many seconds to ask again, having asked so often for nothing. All who wait together ask some ten times a second, and
// nobody more than once in two; in a long line once a minute. Where nothing comes of it more and more seldom.
export function askAfter(waiting, asks = 0) {
  return Math.min(90, Math.min(60, Math.max(2, Math.floor(waiting / 10))) * 2 ** asks);
}
