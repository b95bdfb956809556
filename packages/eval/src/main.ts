/**
 * `pnpm eval [--short] [--only NAME]… [--renderings] [--write]`: what models meet, proved without one. Prints one table
 * each of servers' habits, the mechanic, needles, ablation and renderings. Exit 1 when an aim is missed.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderings } from './renderings/render.ts';
import { isMet, type Section, sectionText } from './section.ts';
import {
  ablationSection,
  mechanicSection,
  needleSection,
  quirkSection,
  RENDERED,
  renderingSection,
} from './sections.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    /** Writes docs/prompts-rendered and ends. */
    renderings: { type: 'boolean', default: false },
    /** Puts what was found into docs/harness.md. */
    write: { type: 'boolean', default: false },
  },
});

const PARTS: Readonly<Record<string, () => Promise<Section>>> = {
  habits: () => quirkSection(values.short),
  mechanic: () => mechanicSection(values.short),
  needles: needleSection,
  ablation: () => ablationSection(values.short),
  renderings: renderingSection,
};

async function writeRenderings(): Promise<void> {
  mkdirSync(RENDERED, { recursive: true });
  for (const [name, text] of Object.entries(await renderings())) writeFileSync(join(RENDERED, name), text);
}

const HARNESS = join(RENDERED, '..', 'harness.md');
const FIGURES = /(<!-- figures -->\n)[\s\S]*(\n<!-- end of figures -->)/;

function writeFigures(text: string): void {
  const page = readFileSync(HARNESS, 'utf8');
  if (!FIGURES.test(page)) throw new Error(`${HARNESS} has no place for figures`);
  writeFileSync(
    HARNESS,
    page.replace(FIGURES, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`),
  );
}

async function evaluate(): Promise<boolean> {
  const sections: Section[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (values.only && !values.only.includes(name)) continue;
    const section = await part();
    sections.push(section);
    console.log(`${sectionText(section)}\n`);
  }
  const aims = sections.flatMap((section) => section.aims);
  console.log(`${aims.filter((aim) => aim.isMet).length} of ${aims.length} aims are met`);
  if (values.write) writeFigures(sections.map(sectionText).join('\n\n'));
  return sections.length > 0 && sections.every(isMet);
}

if (values.renderings) await writeRenderings();
else process.exitCode = (await evaluate()) ? 0 : 1;
