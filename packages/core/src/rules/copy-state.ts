/** A state of its own, on which decisions may be tried one after another without anything coming of them. */
import type { OpenedState } from '../state.ts';

/** Costs as much as the state is large: for what a person asks, not for what happens all the time. */
export const copyState = (state: OpenedState): OpenedState => copy(state) as OpenedState;

function copy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) return new Map([...value].map(([key, of]) => [key, copy(of)]));
  if (value instanceof Set) return new Set(value);
  if (Array.isArray(value)) return value.map(copy);
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, copy(of)]));
}
