import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskId } from '@swarm/core/model/ids';
import { acceptedTask, failedTask, landedTask, openedRun, stateOf } from '@swarm/core/testing';
import { provenanceOf, votesByAttempt } from '@swarm/core/views/provenance';
import { report } from '@swarm/core/views/report';
import { escaped, renderReportHtml } from './report-html.ts';

/** What gets out of text, attributes, comments and styles where it is not escaped. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  '</title><script src=//evil.example/x.js></script>',
  '</style><link rel=stylesheet href=https://evil.example/x.css>',
  '<!--><iframe src=javascript:alert(1)>',
  '&lt;script&gt;already escaped&lt;/script&gt;',
  '<a href="javascript:alert(1)">click</a>',
  '<meta http-equiv=refresh content="0;url=https://evil.example">',
  '\u202egnp.exe',
  '<scr\u0000ipt>alert(1)</scr\u0000ipt>',
];

function page(titles: readonly string[]): string {
  const events = titles.flatMap((title, i) => [
    acceptedTask(`t${i + 1}`, { title, description: title, verify: title }),
    ...(i % 2 === 0 ? landedTask(`t${i + 1}`, `l${i + 1}`) : [failedTask(`t${i + 1}`, 'blocked')]),
  ]);
  const state = stateOf([openedRun({ text: titles.join('\n') }), ...events]);
  const votes = votesByAttempt([]);
  const ids = [...state.tasks.keys()] as TaskId[];
  const provenance = new Map(ids.map((id) => [id, provenanceOf(state, votes, id)]));
  return renderReportHtml({ report: report(state), provenance });
}

test('whatever is in titles, requests and checks stays text: the page has the tags of a harmless one, and no more', () => {
  const tags = (html: string): readonly string[] =>
    html.match(/<[a-z!/][^>]*>/gi)!.map((tag) => tag.replace(/"[^"]*"/g, '""'));
  const plain = page(HOSTILE.map((_, i) => `harmless ${i}`));
  assert.deepEqual(tags(page(HOSTILE)), tags(plain));
});

test('the page asks nobody for anything: a policy without sources, no address, no script', () => {
  const html = page(['one', 'two']);
  assert.match(
    html,
    /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'"/,
  );
  assert.doesNotMatch(html, /<script|<link|<img|<iframe|\bsrc=|\bhref=|url\(|@import|https?:/i);
});

test('what moves or hides text is taken out, and quotes cannot end an attribute', () => {
  assert.equal(escaped('a\u202eb\u0000<"\'&>'), 'ab&lt;&quot;&#39;&amp;&gt;');
});

test('the widest change stands first, and each says how it is taken back', () => {
  const html = page(['one', 'two', 'three']);
  assert.match(html, /<code>swarm undo t1 --run r-20261121-test<\/code>/);
  assert.ok(html.indexOf('What landed') < html.indexOf('What did not land'));
});
