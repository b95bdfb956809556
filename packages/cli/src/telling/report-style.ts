/** The look of the report in a browser. No fonts, no pictures: nothing is fetched. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --line: #d8dee4; --dim: #57606a; --good: #1a7f37; --bad: #b42318; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --line: #30363d; --dim: #9198a1; --good: #3fb950; --bad: #ff7b72; --card: #161b22; }
  body { background: #0d1117; color: #e6edf3; }
}
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: .5rem 0; }
h1.complete { color: var(--good); }
h1.incomplete, .bad { color: var(--bad); }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.request { border-left: 3px solid var(--line); padding-left: .75rem; color: var(--dim); }
code { font: .9em ui-monospace, monospace; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; }
.figures b { display: block; font-size: 1.4rem; }
.figures span, small { color: var(--dim); }
details { margin: .4rem 0; }
summary { cursor: pointer; }
.task { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; }
.mark { font-size: .8rem; border: 1px solid; border-radius: 1rem; padding: 0 .5rem; white-space: nowrap; }
.verified { color: var(--good); }
.unverified { color: var(--bad); }
dl { display: grid; grid-template-columns: 8rem 1fr; gap: .25rem .75rem; margin: .75rem 0 .25rem; }
dt { color: var(--dim); }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; border-top: 1px solid var(--line); padding: .3rem .5rem; }
th { color: var(--dim); font-weight: normal; }
.wide { overflow-x: auto; overflow-wrap: normal; }
.wide th, .wide td { white-space: nowrap; }
.wide td:nth-child(2) { white-space: normal; min-width: 12rem; }
@media (max-width: 34rem) {
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .4rem; }
}
@media print { details { display: block; } }
`;
