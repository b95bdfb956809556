/** Figures as a person reads them, and the pieces every view is made of. */
import { costText, countText, durationText, groupText } from '@swarm/core/views/words';
import { type ComponentChildren, h } from 'preact';

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

// As every command and the report say them.
export const lasting = durationText;
export const count = groupText;
export const plural = countText;
export const money = (usd: number): string => costText(usd, true);
export const clock = (at: string | number): string => CLOCK.format(new Date(at));

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
