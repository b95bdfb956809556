/** Figures as a person reads them. */
import { type ComponentChildren, h } from 'preact';

export function lasting(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 60) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  return `${Math.floor(s / 3_600)}h ${Math.floor((s % 3_600) / 60)}m`;
}

export const count = (n: number): string => n.toLocaleString('en');
export const money = (usd: number): string => `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
export const clock = (ts: string): string => new Date(ts).toLocaleTimeString('en-GB');
export const plural = (n: number, thing: string): string => `${count(n)} ${thing}${n === 1 ? '' : 's'}`;

/** A part of the page under a heading of its own. */
export const part = (id: string, title: string, note: string, ...inside: ComponentChildren[]) =>
  h('section', { id, 'aria-labelledby': `${id}-title` }, [
    h('h2', { id: `${id}-title` }, title, note && h('small', null, note)),
    ...inside,
  ]);

export const nothing = (text: string) => h('p', { class: 'nothing' }, text);
export const state = (name: string) => h('span', { class: `state ${name}` }, name);
