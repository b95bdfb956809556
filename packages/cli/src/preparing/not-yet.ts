import type { Problem } from '@swarm/core/errors';
import type { Config } from '../config/resolved.ts';

/** What the configuration knows and this version cannot do is refused by name, never taken for something else. */
export function notYet(c: Config): readonly Problem[] {
  const problems: Problem[] = [];
  const later = (where: string, value: string, fix: string): void => {
    problems.push({ code: 'SW0102', what: `${where} = "${value}" is not in this version`, where, fix });
  };
  if (c.deliver === 'pr') later('deliver.to', c.deliver, '--deliver branch');
  if (c.agent.driver !== 'builtin' && c.agent.driver !== 'command') {
    later('agent.driver', c.agent.driver, '--agent builtin');
  }
  for (const e of c.endpoints) {
    if (e.dialect !== 'chat') later(`endpoints.${e.name}.dialect`, e.dialect, 'dialect = "chat"');
  }
  return problems;
}
