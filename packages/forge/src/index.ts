export { type ForgePlace, forgePlaceOf, type KnownForge, knownForges, numberIn } from './address.ts';
export { GitHub, type GitHubOptions } from './github.ts';
export { GitLab, type GitLabOptions } from './gitlab.ts';
export { PATIENCE, type Patience } from './patience.ts';
