/** Formats milliseconds: `350 ms`, `2.4 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const [unit, size, smaller, part] = LARGE.find(([, bound]) => ms >= bound) ?? MINUTES;
  const rest = Math.floor((ms % size) / part);
  return `${Math.floor(ms / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${smaller}`}`;
}

const MINUTES = ['min', 60_000, 's', 1_000] as const;
const LARGE = [['d', 86_400_000, 'h', 3_600_000], ['h', 3_600_000, 'min', 60_000], MINUTES] as const;

/** Formats a count with thin spaces: `12 345`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** Formats US dollars: `$0.0042`, `$1.20`. */
export function formatCost(cost: number): string {
  if (cost === 0) return '$0';
  return `$${cost < 0.01 ? Number(cost.toPrecision(2)) : cost.toFixed(cost < 1 ? 3 : 2)}`;
}

/** Formats a number of bytes: `812 B`, `4.1 KiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  return bytes < 1 << 20 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/** Formats a time of day with the date if it is another day: `14:03:07`, `2026-11-02 14:03:07`. */
export function formatTime(at: number, now: number): string {
  const date = new Date(at);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(formatTwoDigits).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${formatTwoDigits(date.getMonth() + 1)}-${formatTwoDigits(date.getDate())} ${time}`;
}

function formatTwoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
