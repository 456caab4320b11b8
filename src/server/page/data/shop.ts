/** What a running shop added to what the model learned: purchases, erasures, and what its files say. */
import { html } from 'hono/html';
import { adviceOnIds } from '../../../live/catalogue-file/account.ts';
import type { ShopStatus } from '../../../live/shop-answers.ts';
import { facts, table, words } from '../../../page/parts.ts';
import { cut, type Markup } from '../../../page/svg.ts';
import { number, plural } from '../../../wording.ts';
import { exampleList } from './records.ts';

export function since(status: ShopStatus | undefined): Markup {
  if (status?.store === undefined)
    return html`<p>There is no store: this server takes no purchases, and lists are made of what the model learned.</p>`;
  const { newPurchases, isFailing, keepDays, erasedCustomers, modelFile } = status;
  return facts([
    [
      'Purchases',
      html`What is reported counts in the next list of its customer. ${newPurchases === 0 ? 'None was counted since the model was trained.' : `${plural(newPurchases, 'One line of an order came', '# lines of orders came')} since the model was trained.`}${
        isFailing
          ? html` <span class="bad">The store fails right now: purchases are refused, and lists go on.</span>`
          : ''
      }`,
    ],
    ['They are kept', keepDays === undefined ? 'for ever' : plural(keepDays, 'for one day', 'for # days')],
    [
      'Erased',
      html`${erasedCustomers === 0 ? 'No customer was erased.' : `${plural(erasedCustomers, 'One customer was', '# customers were')} erased: they are in no list, and what is known of them is gone.`}${
        modelFile && modelFile.pending > 0
          ? html` <span class="bad">The file of the model still has ${number(modelFile.pending)} of them${modelFile.problem === undefined ? '' : `: ${modelFile.problem}`}.</span>`
          : ''
      }`,
    ],
  ]);
}

/** The product file and the file of scenarios, if there are any. */
export function shopFiles({ files: { catalogue, scenarios }, catalogue: counts, scenarios: used }: ShopStatus): Markup {
  return html`${
    counts.products > 0 || catalogue
      ? html`<h2>Catalogue</h2>
<p>${plural(counts.products, 'One product is', '# products are')} in the catalogue. ${plural(counts.unavailable, 'One of them', '# of them')} cannot be bought right now, ${plural(counts.unknown, 'one is', '# are')} unknown to the model${counts.notInFile > 0 ? `, and ${plural(counts.notInFile, 'one of the model is', '# of the model are')} not in the product file and in no list for that` : ''}.</p>
${catalogue ? productFile(catalogue) : ''}`
      : ''
  }${
    scenarios || used.problem !== undefined
      ? html`<h2>Scenarios</h2>
${scenarios ? html`<p>The file <bdi title="${nameIn(scenarios.file)}">${cut(nameIn(scenarios.file), 60)}</bdi> has ${plural(scenarios.scenarios, 'one scenario', '# scenarios')}, ${plural(scenarios.rules, 'one rule', '# rules')}, and ${plural(scenarios.experiments, 'one experiment', '# experiments')}.</p>` : ''}
${used.problem === undefined ? '' : html`<p class="bad">${cut(used.problem, 1000)}</p>`}`
      : ''
  }`;
}

function productFile(report: NonNullable<ShopStatus['files']['catalogue']>): Markup {
  const { file, platform, columns, records, products, known, listed, changed, removed, faults } = report;
  const [name, advice] = [nameIn(file), adviceOnIds(report)];
  const all = Object.entries(faults).sort((a, b) => b[1].records - a[1].records);
  return html`<p>The product file <bdi title="${name}">${cut(name, 60)}</bdi>${platform === undefined ? '' : `, an export of ${platform},`}
has ${plural(records, 'one line', '# lines')} about ${plural(products, 'one product', '# products')}. The model knows ${number(known)} of
them, and ${number(listed)} of these can be bought. When it was read last, ${plural(changed, 'one product', '# products')} changed,
and ${plural(removed, 'one was', '# were')} removed.${advice === undefined ? '' : ` ${advice}`}</p>
${table(
  'Columns of the product file',
  ['What', words('Columns')],
  Object.entries(columns).map(([role, names]) => ({
    name: cut(role, 60),
    cells: [html`<bdi>${cut(names.join(', '), 200)}</bdi>`],
  })),
)}
${
  all.length === 0
    ? html`<p>All of its lines could be read.</p>`
    : html`${table(
        'What is wrong with lines of the product file',
        ['Fault', 'Lines'],
        all.map(([fault, lines]) => ({ name: fault, cells: [number(lines!.records)] })),
      )}${all.map(([fault, lines]) => exampleList(fault, lines!.records, lines!.examples))}`
}`;
}

/** The name of a file without its folders. */
function nameIn(path: string): string {
  return path.split(/[\\/]/).at(-1)!;
}
