/** Numbers and times as people read them. Pure; the present is passed in. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, short: `now`, `14 min`, `2 h`, `34 d`. */
export function age(at: string, now: number): string {
  const past = Math.max(0, now - Date.parse(at));
  if (Number.isNaN(past)) return "–";
  if (past < MINUTE) return "now";
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < 2 * DAY) return `${Math.floor(past / HOUR)} h`;
  return `${Math.floor(past / DAY)} d`;
}

/** How long ago, in a sentence: `14 minutes ago`. */
export function ago(at: string, now: number): string {
  const past = Math.max(0, now - Date.parse(at));
  if (Number.isNaN(past)) return "at an unknown time";
  if (past < MINUTE) return "just now";
  if (past < HOUR) return `${count(Math.floor(past / MINUTE), "minute")} ago`;
  if (past < 2 * DAY) return `${count(Math.floor(past / HOUR), "hour")} ago`;
  return `${count(Math.floor(past / DAY), "day")} ago`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The day of a time or date in RFC 3339, as `18 Nov 2026`. */
export function day(at: string): string {
  const [year, month, date] = at.slice(0, 10).split("-");
  const name = MONTHS[Number(month) - 1];
  return name === undefined || date === undefined ? at : `${Number(date)} ${name} ${year}`;
}

/** `1 case`, `3 cases`, `1,204 tokens`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}

/** `1,204`. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/**
 * A fraction as `42 %`. Whole numbers only, but never `0 %` or `100 %` for what is not quite none or all.
 */
export function percent(fraction: number): string {
  const rounded = Math.round(fraction * 100);
  // The space does not break: a percent sign alone on a line is read as nothing.
  if (rounded === 0 && fraction > 0) return "<\u00a01\u00a0%";
  if (rounded === 100 && fraction < 1) return ">\u00a099\u00a0%";
  return `${rounded}\u00a0%`;
}

/** `1.8 s`. */
export function seconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}

/** `$0.31`, or `$0.0041` where two places would say nothing. */
export function dollars(value: number): string {
  return `$${value >= 0.01 || value === 0 ? value.toFixed(2) : value.toPrecision(2)}`;
}

/** A time span to go by, not to measure with: `8 s`, `3 min`, `1 h 20 min`. */
export function span(value: number): string {
  const whole = Math.max(1, Math.round(value));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How fast: `8.2 a second`, `14 a minute`. */
export function pace(perSecond: number): string {
  if (perSecond >= 10) return `${grouped(Math.round(perSecond))} a second`;
  if (perSecond >= 1) return `${perSecond.toFixed(1)} a second`;
  return `${Math.max(1, Math.round(perSecond * 60))} a minute`;
}

/** A message with its full stop; many come without, because they stand in lists too. */
export function sentence(text: string): string {
  return text === "" || /[.?!…]["”’)]?$/.test(text) ? text : `${text}.`;
}

/** With a capital first, for texts that begin small. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An amount in a table: small ones with a place more, so that the lines add up to their sum on the screen too. */
export function amount(value: number | null): string {
  if (value === null) return "unknown";
  return value < 1 && value >= 0.001 ? `$${value.toFixed(3)}` : dollars(value);
}

/** An amount that may not be known: never `$0.00` for what nobody knows. */
export function cost(value: number | null): string {
  return value === null ? "unknown" : dollars(value);
}
