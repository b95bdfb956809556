/** What a repository says of itself to a planner, read from the objects of one commit. */
import type { OpenedState } from '@swarm/core/state';
import { machinery } from '../prompting/facts.ts';
import type { Project } from '../prompting/project.ts';

export interface Overview {
  readonly environment: string;
  readonly instructions: string;
  readonly repository: string;
}

/**
 * What changes least with a new commit stands first, so that most of it is sent as it was.
 * @param scope whose folders' own rules and scripts are told too; empty: those of the top.
 */
export async function overviewOf(
  project: Project,
  state: OpenedState,
  scope: readonly string[] = [],
): Promise<Overview> {
  const { head } = state;
  const repository = [
    ['README', await project.readme(head)],
    ['What it is to be', await project.papers(head)],
    ['Files', await project.tree(head)],
    ['Files that many of the latest commits changed', await project.hotFiles(head)],
    [`Latest commits, up to ${head.slice(0, 10)}`, await project.commits(head)],
  ] as const;
  return {
    environment: joined([
      ['', machinery(state)],
      ['Scripts', await project.scripts(head, scope)],
    ]),
    instructions: await project.instructions(head, scope),
    repository: joined(repository),
  };
}

const joined = (parts: readonly (readonly [title: string, text: string])[]): string =>
  parts
    .filter(([, text]) => text !== '')
    .map(([title, text]) => (title === '' ? text : `${title}:\n${text}`))
    .join('\n\n');
