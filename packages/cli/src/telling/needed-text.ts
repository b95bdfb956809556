/** What a person must decide, told before all else. */
import type { State } from '@swarm/core/state';
import { type Need, type Needs, needs, needsText } from '@swarm/core/views/needs';
import { cutToWidth, widthOf } from '@swarm/core/views/width';
import { sanitize, sanitizeLine, wrapText } from './output.ts';

/** With more, the screen would be full of them. */
const NEEDS_SHOWN = 3;

/** A heading, and each with what can be typed; nothing where nothing needs anybody. */
export function neededText(needed: Needs, columns: number): readonly string[] {
  const heading = needsText(needed);
  if (heading === undefined) return [];
  const shown = needed.listed.slice(0, NEEDS_SHOWN).map((need) => needText(need, columns));
  const left = needed.count - shown.length;
  const more = left > 0 ? [`  and ${left} more: swarm status --json`] : [];
  return [[`${heading}:`, ...shown, ...more].join('\n')];
}

function needText({ text, choices }: Need, columns: number): string {
  const wide = Math.max(...choices.map(({ command }) => command.length));
  const lines = choices.map(({ command, means }) =>
    cutToWidth(sanitize(`      ${command.padEnd(wide)}  ${means}`), columns),
  );
  return [`  ${wrapText(sanitizeLine(text, 400), columns, 4)}`, ...lines].join('\n');
}

/** The live line with `2 things need you: swarm status` at its end, which is never cut off. */
export function withNeeds(line: string, state: State, width = Number.POSITIVE_INFINITY): string {
  const text = needsText(needs(state, true));
  if (text === undefined) return line;
  const end = ` · ${text}: swarm status`;
  return `${cutToWidth(line, Math.max(0, width - widthOf(end)))}${end}`;
}
