/** What depends on what in an npm lockfile: nodes by folder, and names looked up from folder to folder as Node does. */
import { type Fields, isFields, stringsOf } from './around.ts';

export type Nodes = ReadonlyMap<string, Fields>;

export interface Edge {
  readonly from: string;
  readonly name: string;
  readonly range: string;
  readonly kind: 'prod' | 'dev' | 'optional' | 'peer' | 'peerOptional';
}

const MODULES = 'node_modules/';

/** One of the project's own packages: the root, or a workspace. */
export const isOwn = (path: string): boolean => !path.includes(MODULES);

export function edgesOf(path: string, node: Fields): readonly Edge[] {
  if (node.link === true) return [];
  const meta = isFields(node.peerDependenciesMeta) ? node.peerDependenciesMeta : {};
  const isOptionalPeer = (name: string): boolean => {
    const said = Object.hasOwn(meta, name) ? meta[name] : undefined;
    return isFields(said) && said.optional === true;
  };
  const listed = (field: string, kindOf: (name: string) => Edge['kind']): Edge[] =>
    [...stringsOf(node, field)].map(([name, range]) => ({ from: path, name, range, kind: kindOf(name) }));
  const optional = listed('optionalDependencies', () => 'optional');
  const named = new Set(optional.map(({ name }) => name));
  return [
    ...listed('dependencies', () => 'prod').filter(({ name }) => !named.has(name)),
    ...optional,
    ...listed('peerDependencies', (name) => (isOptionalPeer(name) ? 'peerOptional' : 'peer')),
    ...(isOwn(path) ? listed('devDependencies', () => 'dev') : []),
  ];
}

/** Where a name leads from a folder; a link leads to what it links. */
export function lookUp(nodes: Nodes, from: string, name: string): string | undefined {
  for (let folder: string | undefined = from; folder !== undefined; folder = outer(folder)) {
    const path: string = folder === '' ? MODULES + name : `${folder}/${MODULES}${name}`;
    const node = nodes.get(path);
    if (!node) continue;
    const target = node.link === true ? node.resolved : path;
    return typeof target === 'string' && nodes.has(target) ? target : undefined;
  }
  return undefined;
}

/** The folder around a package's folder: of a workspace that is the root. */
function outer(folder: string): string | undefined {
  if (folder === '') return undefined;
  const at = folder.lastIndexOf(`/${MODULES}`);
  return at < 0 ? '' : folder.slice(0, at);
}

/** Every folder that can be reached from the project's own packages. */
export function reached(nodes: Nodes, follows: (edge: Edge) => boolean = () => true): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...nodes.keys()].filter(isOwn);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const edge of edgesOf(path, nodes.get(path)!)) {
      const to = follows(edge) ? lookUp(nodes, path, edge.name) : undefined;
      if (to !== undefined) open.push(to);
    }
  }
  return found;
}
