/** The look of every page that people read: the report of an evaluation, and the explorer of a server. */

/** Marks have the colors of Okabe and Ito (2008), safe for color blindness, darker or lighter to suit the background. */
export const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #59636e; --rule: #d5dae0; --band: #f2f5f8;
  --good: #00664b; --bad: #a33a00; --s0: #0060a8; --s1: #b95000; --s2: #00805c; --s3: #b0568a; --s4: #8a6d00;
  --s5: #5a6169; --s6: #2b85b8; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ink: #e6eaef; --soft: #a3adb8; --rule: #38414b; --band: #1d232a; --good: #4fd1a5;
    --bad: #ff9a63; --s0: #6cb8f5; --s1: #ee8a3c; --s2: #2fbf93; --s3: #e59ac6; --s4: #e8c33c; --s5: #b4bcc4;
    --s6: #9adcf0; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.75rem 0 .5rem; padding-top: .75rem;
  border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; line-height: 1.3; margin: 1.75rem 0 .5rem; }
h4 { font-size: .95rem; margin: 0 0 .25rem; }
p, ul, ol { margin: .5rem 0; max-width: 46rem; }
.soft, small { color: var(--soft); font-size: .875rem; }
.conclusions { margin: 1.25rem 0; padding: .75rem 1rem .75rem 1.25rem; border-left: .3rem solid var(--s0);
  background: var(--band); }
.conclusions p { font-size: 1.15rem; margin: 0 0 .5rem; max-width: none; }
.conclusions ul { padding-left: 1.1rem; margin: 0; max-width: none; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .25rem 1rem; margin: .75rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: 1rem 1.5rem; }
figure { margin: .5rem 0; max-width: 26rem; }
figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .25rem; }
figure svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
svg text.first { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--rule); }
.line { fill: none; stroke: var(--s); stroke-width: 1.75; stroke-linejoin: round; }
.area { fill: var(--s); opacity: .1; }
.even { stroke: var(--soft); stroke-dasharray: 5 4; }
.bar { fill: var(--s); }
svg.share { display: block; width: clamp(3.5rem, 18vw, 9rem); height: .9rem; margin-top: .25rem; }
.mark { fill: var(--s); stroke: var(--paper); stroke-width: .75; }
.reach { stroke: var(--s); stroke-width: 2.5; opacity: .55; }
${[0, 1, 2, 3, 4, 5, 6].map((s) => `.s${s} { --s: var(--s${s}); }`).join('\n')}
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; list-style: none; padding: 0; font-size: .9rem;
  max-width: none; }
.legend svg { width: 1em; height: 1em; margin-right: .4em; vertical-align: -.1em; }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { text-align: left; font-weight: 600; padding-bottom: .35rem; }
th, td { padding: .3rem .75rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--rule); }
thead th { white-space: nowrap; vertical-align: bottom; }
th:first-child { text-align: left; padding-left: .4rem; position: sticky; left: 0; background: var(--paper); }
tbody th { font-weight: 400; white-space: nowrap; }
th.words, td.words { text-align: left; }
td.words { min-width: 8rem; }
tbody th small { display: block; white-space: normal; max-width: min(24rem, 40vw); }
tr.model th, tr.model td { background: var(--band); font-weight: 600; }
td small { display: block; font-weight: 400; white-space: nowrap; }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 600; }
details { margin: .75rem 0; }
summary { cursor: pointer; }
article { border: 1px solid var(--rule); border-radius: .4rem; padding: .75rem 1rem; margin: 1rem 0; }
article h3 { margin: 0 0 .75rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: 1rem 2rem; }
.columns ul, .columns ol { padding-left: 1.6rem; font-size: .9rem; margin: 0; }
.columns ul { list-style: none; padding-left: 0; }
.columns small, .columns b { white-space: nowrap; }
.columns li { margin-bottom: .3rem; line-height: 1.35; }
footer { margin-top: 3rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 40rem) {
  dl { display: block; }
  dd { margin-bottom: .5rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, h3, h2 + p, .legend { break-after: avoid; }
  figure, tr, .conclusions, .columns > * { break-inside: avoid; }
  .scroll { overflow: visible; }
  th, td { padding: .2rem .4rem; }
  .charts { grid-template-columns: repeat(3, 1fr); gap: .5rem 1rem; }
  h2 { margin-top: 1.5rem; }
  figcaption { font-size: 8.5pt; }
  .columns { grid-template-columns: 1.3fr 1fr 1fr; gap: 1rem; }
  details { display: none; }
  * { print-color-adjust: exact; }
}
`;
