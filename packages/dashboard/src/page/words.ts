/** Figures as a person reads them, and the pieces every view is made of. */
import { type ComponentChildren, h } from 'preact';

export function lasting(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 60) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  return `${Math.floor(s / 3_600)}h ${Math.floor((s % 3_600) / 60)}m`;
}

const GROUPED = new Intl.NumberFormat('en');
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const count = (n: number): string => GROUPED.format(n);
export const money = (usd: number): string => `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
export const clock = (at: string | number): string => CLOCK.format(new Date(at));
export const plural = (n: number, thing: string): string => `${count(n)} ${thing}${n === 1 ? '' : 's'}`;

/** What moves or hides text is shown as a sign of its own, so that a line is read as it stands. */
export const shown = (text: string): string =>
  text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu,
    '\u{fffd}',
  );

/** A part of the page under a heading of its own. */
export const part = (id: string, title: string, note: string, ...inside: ComponentChildren[]) =>
  h('section', { id, 'aria-labelledby': `${id}-title` }, [
    h('h2', { id: `${id}-title` }, title, note && h('small', null, note)),
    ...inside,
  ]);

export const nothing = (text: string) => h('p', { class: 'nothing' }, text);
export const state = (name: string) => h('span', { class: `state ${name}` }, name);
export const button = (name: string, onClick: () => unknown, more: object = {}) =>
  h('button', { type: 'button', onClick, ...more }, name);
