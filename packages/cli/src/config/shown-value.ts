/** A value of the configuration as a refusal shows it, on one line. */
const SHOWN_MAX = 80;

export function show(value: unknown): string {
  const text = JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v)) ?? String(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
