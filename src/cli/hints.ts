/** What to do next, in words that can be pasted into the shell that this program was started from. */
import type { Model } from '../model/model.ts';

const { npm_command, npm_lifecycle_event } = process.env;

/** How to call this program: in a clone, only npm finds it. */
export const endcap = ['exec', 'start'].includes(npm_command ?? '') ? 'npx endcap' : 'endcap';
export const endcapStart = npm_lifecycle_event === 'start' ? 'npm start --' : `${endcap} start`;

/** The customer with the most products, the lower row if several have as many: a good one to ask for first. */
function busiestCustomer({ customers, purchases: { offsets } }: Model): string {
  let busiest = 0;
  for (let c = 1; c < customers.length; c++) {
    if (offsets[c + 1] - offsets[c] > offsets[busiest + 1] - offsets[busiest]) busiest = c;
  }
  return customers[busiest];
}

/** A shell command that lists products for the busiest customer. */
export function exampleCommand(path: string, model: Model): string {
  const customer = busiestCustomer(model);
  return `${endcap} recommend ${shellWord(path)} ${customer.startsWith('-') ? '-- ' : ''}${shellWord(customer)}`;
}

/** A word as a shell reads it: in quotes unless it is plain. On Windows, cmd.exe knows no single quotes, and paths have backslashes. */
export function shellWord(word: string, platform: string = process.platform): string {
  if (platform === 'win32') return /^[\w+:./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;
  return /^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A first request to a server, as a shell command. All customers of a model may be erased. */
export function exampleRequest(url: string, model: Model, platform: string = process.platform): string[] {
  const whom = model.customers.length > 0 ? { user_id: busiestCustomer(model) } : { basket: [model.products[0]] };
  const body = JSON.stringify({ ...whom, num_recommendations: 5 });
  const quoted = (word: string) => shellWord(word, platform);
  const command = `  curl -s ${url}/recommend -H ${quoted('content-type: application/json')}`;
  const data = `-d ${quoted(body)}`;
  return platform === 'win32' ? [`${command} ${data}`] : [`${command} \\`, `    ${data}`];
}
