/** What a task changed, or one attempt at it. */
import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import * as api from './api.ts';
import { AttemptChoice } from './attempt-choice.ts';
import { type DiffRow, rowsOf, sizeOf } from './diff-lines.ts';
import { address, run, taskOf } from './store.ts';
import { Virtual } from './virtual.ts';
import { nothing, plural, shown } from './words.ts';

const ROW_PX = 20;
/** Of one line; nobody reads on. */
const CHARS_MAX = 2_000;

interface Told {
  readonly of: string;
  readonly rows: readonly DiffRow[];
  readonly note: string;
}

export function DiffPane({
  of,
  attempts,
}: {
  readonly of: string;
  readonly attempts: readonly api.ToldAttempt[];
}) {
  const asked = address.value.attempt ?? of;
  const [told, tell] = useState<Told | undefined>(undefined);
  const [refused, refuse] = useState<api.Trouble | undefined>(undefined);
  useEffect(() => {
    let isLeft = false;
    void api.diffOf(run.value!, asked).then((answer) => {
      if (isLeft) return;
      refuse(answer.ok ? undefined : answer.trouble);
      tell(answer.ok ? toldOf(asked, answer.value) : undefined);
    });
    return () => {
      isLeft = true;
    };
  }, [run.value, asked, taskOf(of)?.state]);
  return [
    h(AttemptChoice, { attempts, none: 'what it came to' }),
    refused && h('p', { class: 'nothing' }, [refused.what, refused.why && `: ${refused.why}`]),
    !refused && told?.of !== asked && nothing('…'),
    told?.of === asked && [
      h('p', { class: 'scope' }, told.note),
      told.rows.length > 0 &&
        h(Virtual, {
          label: `What ${asked} changed`,
          class: 'diff',
          count: told.rows.length,
          rowHeight: ROW_PX,
          row: (i) => line(told.rows[i]!, i),
        }),
    ],
  ];
}

function toldOf(of: string, work: WorkTold): Told {
  const rows = rowsOf(work.diff);
  const { files, added, removed } = sizeOf(rows);
  const where = `${work.commit.slice(0, 10)}, ${work.isLanded ? 'landed' : 'not landed'}`;
  const size = work.isCut ? 'the first of it, for it is too long to be shown whole' : `+${added} −${removed}`;
  return { of, rows, note: `${where}: ${plural(files, 'file')}, ${size}` };
}

interface WorkTold {
  readonly diff: string;
  readonly commit: string;
  readonly isLanded: boolean;
  readonly isCut: boolean;
}

const SIGNS = { same: ' ', out: '−', in: '+' } as const;

function line(row: DiffRow, i: number) {
  if (!('before' in row))
    return h(
      'div',
      { role: 'listitem', key: i, class: `row ${row.kind}` },
      shown(row.text.slice(0, CHARS_MAX)),
    );
  const { kind, before, after, mark } = row;
  const text = row.text.slice(0, CHARS_MAX);
  return h('div', { role: 'listitem', key: i, class: `row ${kind}` }, [
    h('span', { class: 'number' }, before ?? ''),
    h('span', { class: 'number' }, after ?? ''),
    h('span', { class: 'sign' }, SIGNS[kind]),
    mark
      ? [
          shown(text.slice(0, mark[0])),
          h('mark', null, shown(text.slice(...mark))),
          shown(text.slice(mark[1])),
        ]
      : shown(text),
  ]);
}
