/** What the pages about customers add to the style sheet. */
export const customersStyle = `
.options { border: 1px solid var(--rule); border-radius: .4rem; padding: .5rem 1rem; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: .75rem 1.5rem;
  margin: .75rem 0; }
.fields label { display: block; font-weight: 600; font-size: .9rem; }
.fields input, .fields select, .fields textarea { width: 100%; }
.fields small { display: block; line-height: 1.35; }
.line dl { display: flex; flex-wrap: wrap; gap: .25rem .5rem; margin: .5rem 0; }
.line dd { margin: 0 1.25rem 0 0; }
.line + h2 { margin-top: 1.25rem; }
.cards { list-style: none; padding: 0; max-width: none; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); }
.cards > li { display: flex; gap: 1rem; border: 1px solid var(--rule); border-radius: .4rem; padding: .75rem 1rem; }
.cards > li > div:last-child { flex: 1; min-width: 0; }
.cards h3 { margin: 0; }
.cards p { margin: .15rem 0 .4rem; }
.picture { flex: 0 0 4.5rem; width: 4.5rem; font-size: .8rem; }
.picture img, .picture svg { display: block; width: 4.5rem; height: 4.5rem; object-fit: contain; }
.cards a, td a { unicode-bidi: isolate; }
.blank { fill: var(--band); stroke: var(--rule); }
.reasons { padding-left: 1.1rem; margin: .25rem 0 .5rem; }
.change { background: var(--band); border-radius: .3rem; padding: .05rem .4rem; font-size: .85rem; }
.bars { display: block; width: 100%; max-width: 24rem; height: auto; }
.bar { fill: var(--s); }
.timeline { max-width: 46rem; }
.timeline svg { min-width: 36rem; }
.stem { stroke: var(--s); stroke-width: 2; opacity: .55; }
.swatch { color: var(--s); font-weight: 600; }
.beside.orders > :first-child tbody th { white-space: nowrap; }
@media (min-width: 70rem) { .beside.orders { grid-template-columns: 3fr 2fr; } }
.inline { list-style: none; padding: 0; margin: 0; min-width: 14rem; text-align: left; max-width: 36rem; }
.inline li { display: inline; }
.inline li + li::before { content: " · "; color: var(--soft); }
td .inline { white-space: normal; }
@media (max-width: 40rem) {
  .cards > li { display: block; }
  .picture { width: auto; }
  .picture svg { display: none; }
}
`;
