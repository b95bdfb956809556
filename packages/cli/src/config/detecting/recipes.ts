/** Gates of projects that name a recipe for tests: written for people, over one of the other kinds. */
import { has, type Kind, textOf } from './folder.ts';

const MAKE: Kind = {
  name: 'make',
  propose(folder) {
    for (const path of ['GNUmakefile', 'makefile', 'Makefile']) {
      const text = textOf(folder, path);
      const target = ['test', 'check'].find((name) => new RegExp(`^${name}\\s*:(?!=)`, 'm').test(text));
      if (target) return [{ gate: `make ${target}`, why: [`${target}: in ${path}`], needs: ['make'] }];
    }
    return [];
  },
};

const JUST: Kind = {
  name: 'just',
  propose(folder) {
    const path = ['justfile', 'Justfile', '.justfile'].find((name) =>
      /^@?test(?:\s[^:=]*)?:(?!=)/m.test(textOf(folder, name)),
    );
    return path ? [{ gate: 'just test', why: [`test: in ${path}`], needs: ['just'] }] : [];
  },
};

/** Built in the home, which goes with the bench: in the work tree it would be taken for somebody's work. */
const BUILD = '"$HOME/build"';

const CMAKE: Kind = {
  name: 'cmake',
  propose(folder) {
    if (!has(folder, 'CMakeLists.txt')) return [];
    const isTested = /\b(?:enable_testing\s*\(|include\s*\(\s*CTest\b)/i.test(
      textOf(folder, 'CMakeLists.txt'),
    );
    if (!isTested) return [];
    const gate = `cmake -S . -B ${BUILD} && cmake --build ${BUILD} && ctest --test-dir ${BUILD} --output-on-failure`;
    return [{ gate, why: ['tests in CMakeLists.txt'], needs: ['cmake', 'ctest'] }];
  },
};

export const RECIPES: readonly Kind[] = [MAKE, JUST, CMAKE];
