/** A package registry on this machine: the little of npm's protocol that installing takes. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { tarOf } from './tar.ts';
import type { Release } from './universe.ts';

export class Registry {
  readonly #server: Server;
  #releases: readonly Release[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent((request.url ?? '/').slice(1));
      const [name = '', , file] = path.split('/');
      const found = this.#releases.filter((release) => release.name === name);
      const packed = found.find((release) => file === `${release.name}-${release.version}.tgz`);
      response.setHeader('cache-control', 'no-store');
      if (packed) response.end(archiveOf(packed));
      else if (found.length === 0 || file !== undefined) response.writeHead(404).end('{}');
      else {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(this.#document(name, found)));
      }
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** From now on these are all there are. */
  serve(releases: readonly Release[]): void {
    this.#releases = releases;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #document(name: string, releases: readonly Release[]): object {
    const versions = releases.map((release) => {
      const dist = {
        tarball: `${this.url}${name}/-/${name}-${release.version}.tgz`,
        integrity: `sha512-${createHash('sha512').update(archiveOf(release)).digest('base64')}`,
        shasum: createHash('sha1').update(archiveOf(release)).digest('hex'),
      };
      return [release.version, { ...manifestOf(release), dist }];
    });
    const latest = releases.at(-1)!.version;
    const time = Object.fromEntries([
      ['modified', DAY],
      ['created', DAY],
      ...releases.map(({ version }) => [version, DAY]),
    ]);
    return { name, 'dist-tags': { latest }, versions: Object.fromEntries(versions), time };
  }
}

const DAY = '2020-01-01T00:00:00.000Z';

const manifestOf = ({ name, version, needs, peers, optional }: Release): object => ({
  name,
  version,
  dependencies: needs,
  ...(Object.keys(peers).length > 0 && { peerDependencies: peers }),
  ...(Object.keys(optional).length > 0 && { optionalDependencies: optional }),
});

const archives = new WeakMap<Release, Buffer>();
function archiveOf(release: Release): Buffer {
  const known =
    archives.get(release) ?? gzipSync(tarOf({ 'package/package.json': JSON.stringify(manifestOf(release)) }));
  archives.set(release, known);
  return known;
}
