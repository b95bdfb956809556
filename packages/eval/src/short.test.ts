/** The short form of the eval, on the real program: `pnpm eval` is the long one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isMet, type Section, sectionText } from './section.ts';
import {
  ablationSection,
  mechanicSection,
  needleSection,
  quirkSection,
  renderingSection,
} from './sections.ts';

const meets = (section: Section): void => assert.ok(isMet(section), sectionText(section));

describe('what models meet', { concurrency: false }, () => {
  test('servers with habits of their own are understood, for two calls more at most', async () => {
    meets(await quirkSection(true));
  });

  test('a worker that knows only a rule book mends planted faults by what it is told', async () => {
    meets(await mechanicSection(true));
  });

  test('a fact that came up once stands in every prompt that needs it', async () => {
    meets(await needleSection());
  });

  test('without what the project says of itself the same worker does worse', async () => {
    meets(await ablationSection(true));
  });

  test('docs/prompts-rendered holds what is told: `pnpm eval --renderings` writes it', async () => {
    meets(await renderingSection());
  });
});
