/** Git as the operator runs it: their own configuration counts, and nothing is written. */
import { type SimpleGit, simpleGit } from 'simple-git';

/** The operator's own: where git is and where their configuration lies. */
export interface OperatorEnv {
  readonly PATH: string;
  readonly HOME: string;
  readonly XDG_CONFIG_HOME?: string;
}

/** What simple-git is allowed of git's own variables, by name; its guards on all others stay. */
const READ_ONLY = { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' };

export function operatorGit(path: string, env: OperatorEnv): SimpleGit {
  const { PATH, HOME, XDG_CONFIG_HOME } = env;
  const allowEnvironment = Object.keys(READ_ONLY);
  const git = simpleGit({ baseDir: path, timeout: { block: 10_000 }, allowEnvironment });
  const own = { PATH, HOME, ...(XDG_CONFIG_HOME && { XDG_CONFIG_HOME }) };
  return git.env({ ...own, ...READ_ONLY, LC_ALL: 'C' });
}

/** The pager of the operator's own configuration: a repository's is never asked for. Undefined: none is named. */
export async function operatorPager(env: OperatorEnv): Promise<string | undefined> {
  const named = (scope: string): Promise<string | undefined> =>
    operatorGit(env.HOME, env)
      .raw('config', scope, '--get', 'core.pager')
      .then(
        (text) => text.trim() || undefined,
        () => undefined,
      );
  return (await named('--global')) ?? (await named('--system'));
}
