/** Times as people read them: their own, with its zone. Machines get UTC. */

const two = (n: number): string => String(n).padStart(2, '0');

/** `+01:00`; `UTC` where it is that. */
export function zoneOf(atMs: number): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** `11:02:03`. */
export function localTime(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
}

/** `2026-11-21 11:02:03`. */
export function localDate(atMs: number): string {
  const at = new Date(atMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${localTime(atMs)}`;
}

/** `2026-11-21 11:02:03 +01:00`. */
export const localClock = (atMs: number): string => `${localDate(atMs)} ${zoneOf(atMs)}`;
