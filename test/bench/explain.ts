import { Agent, request } from 'node:http';
import { report, type Server, start } from './http.ts';
import { inTurn, median, ratios, table, times } from './measure.ts';

/** The processor time of a few seconds' requests, for each length of the list. */
const lengths: Record<number, number> = { 5: 2000, 10: 2000, 100: 600, 1000: 80 };
const connections = 4;
const rounds = 7;

/**
 * Measures the processor time that the server takes for `POST /recommend` with explanations and without, on the model of a
 * sample shop: products have names, and customers have habits.
 */
export async function explain(): Promise<void> {
  const server = await start('shop', 0);
  const rows: string[][] = [];
  try {
    for (const [n, count] of Object.entries(lengths)) {
      const asking = (explain: boolean) => () => cpuOf(server, Number(n), count, explain);
      const contestants = { list: asking(false), explained: asking(true) };
      await inTurn(contestants, 2);
      const spent = await inTurn(contestants, rounds);
      const [list, explained] = [spent.get('list')!, spent.get('explained')!];
      rows.push([n, median(list).toFixed(0), median(explained).toFixed(0), ratios(explained, list, times)]);
    }
  } finally {
    server.process.disconnect();
  }
  console.log(
    `\nPOST /recommend, ${server.customers.length} customers of a sample shop, 128 factors: us of processor time`,
  );
  console.log(table(['n', 'list', 'with explain', 'ratio'], rows));
}

/** Microseconds of processor time per request. */
async function cpuOf(server: Server, n: number, count: number, explain: boolean): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  await report(server);
  for (let i = 0; i < count; i += connections) {
    const asked = Array.from({ length: connections }, (_, k) => server.customers[(i + k) % server.customers.length]);
    await Promise.all(asked.map((id) => post(agent, server.port, { user_id: id, num_recommendations: n, explain })));
  }
  const { cpu } = await report(server);
  agent.destroy();
  return cpu / count;
}

/** Sends a request, and reads the answer without looking at it. */
function post(agent: Agent, port: number, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asking = request({ agent, port, path: '/recommend', method: 'POST', headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`the server answered ${answer.statusCode}`));
      answer.on('end', resolve).on('error', reject).resume();
    });
    asking.on('error', reject).end(JSON.stringify(body));
  });
}
