/** What can be done by a key: j and k go through the tasks, 1 to 8 are the views, Escape closes, / finds, p pauses. */
import { addressOf, VIEWS } from './address.ts';
import { pauseOrGoOn } from './steer.ts';
import { address, chosen, go, isLive } from './store.ts';
import { listedTasks } from './tasks.ts';

export function onKey(event: KeyboardEvent): void {
  const { target, key } = event;
  const isTyping = target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  if (key === 'Escape') return leave(isTyping ? (target as HTMLElement) : undefined);
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === 'p' && isLive.value) void pauseOrGoOn();
  if (key === 'j') step(1);
  if (key === 'k') step(-1);
  if (key === '/') find(event);
  const view = VIEWS[Number(key) - 1];
  if (/^[1-8]$/.test(key) && view) go({ view });
}

/** First what is typed in, then the task that is open. */
function leave(field: HTMLElement | undefined): void {
  if (field) return field.blur();
  const { value: task } = chosen;
  if (task === undefined) return;
  go({ task: undefined, attempt: undefined });
  document.querySelector<HTMLElement>(`[data-task="${CSS.escape(task)}"]`)?.focus();
}

/** In what is open beside the view, else in the view. */
function find(event: KeyboardEvent): void {
  const fields = document.querySelectorAll<HTMLElement>('[data-search]');
  const field = fields[fields.length - 1];
  if (!field) return;
  event.preventDefault();
  field.focus();
}

function step(by: number): void {
  const all = listedTasks();
  // Keys may come faster than what they ask for is shown.
  const { task } = addressOf(location.hash);
  const at = all.findIndex(({ id }) => id === task);
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
  if (next) go({ task: next.id, pane: address.value.pane, attempt: undefined });
}
