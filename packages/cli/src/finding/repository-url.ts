/** Whether `--repo` names a repository elsewhere, by its address, and no folder of this machine. */
export const isRepositoryUrl = (repo: string): boolean =>
  /^(?:https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:/.test(repo);
