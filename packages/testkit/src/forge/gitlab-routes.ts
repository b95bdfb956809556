/** What the fake knows, as GitLab's REST API says it. */
import type { Question, Said } from './question.ts';
import type { ForgeState } from './state.ts';

export async function gitlabRoutes(_state: ForgeState, _asked: Question): Promise<Said | undefined> {
  return undefined;
}
