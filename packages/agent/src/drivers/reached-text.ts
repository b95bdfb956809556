import type { Reached } from '@swarm/core/ports/running';

const NAMED_MAX = 6;

/** What an agent asked for through its way out, in one line. */
export function reachedText(reached: readonly Reached[]): string {
  const named = reached.slice(0, NAMED_MAX).map(oneText);
  const more = reached.length - named.length;
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

const bytesText = (bytes: number): string =>
  bytes < 1_000 ? `${bytes} B` : `${Math.round(bytes / 1_000)} kB`;

function oneText({ authority, requests, refused, up, down }: Reached): string {
  const passed = requests > 0 ? [`${requests} passed, ${bytesText(down)} down, ${bytesText(up)} up`] : [];
  const turned = refused > 0 ? [`${refused} refused`] : [];
  return `${authority} ${[...passed, ...turned].join(', ')}`;
}
