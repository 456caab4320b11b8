/** Connections to MySQL that are encrypted, with a certificate that only who is told of it trusts. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { databaseAddress } from '../../../src/orders/databases/address.ts';
import { connectToMysql } from '../../../src/orders/databases/mysql-client.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { startOwnMariadb } from '../../support/mariadb.ts';
import { absentProgram } from '../../support/pipes.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('mysql, encrypted');
const folder = mkdtempSync(join(tmpdir(), 'endcap-encrypted-'));
const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];

async function start() {
  const absent = absentProgram('openssl');
  if (absent) return absent;
  const subject = ['-subj', '/CN=shop.example', '-addext', 'subjectAltName=DNS:shop.example'];
  const made = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    certificate,
    ...subject,
  ];
  spawnSync('openssl', made);
  // Another user runs the server.
  chmodSync(folder, 0o755);
  chmodSync(key, 0o644);
  return startOwnMariadb([`--ssl-cert=${certificate}`, `--ssl-key=${key}`]);
}

const server = await start();
test.after(async () => {
  if (typeof server !== 'string') await server.stop();
  rmSync(folder, { recursive: true });
});

const reason = typeof server === 'string' ? server : undefined;
const addressed = (search: string) => databaseAddress(`${(server as { address: string }).address}?${search}`)!;

async function cipherOf(search: string): Promise<unknown> {
  const client = await connectToMysql(addressed(search));
  try {
    const { rows } = await client.one("SHOW STATUS LIKE 'Ssl_cipher'");
    return rows[0].Value;
  } finally {
    await client.close();
  }
}

testUnless(test, reason, 'ssl-mode says whether, and whom to trust', async () => {
  assert.is(await cipherOf('ssl-mode=DISABLED'), '');
  assert.match(String(await cipherOf('ssl-mode=REQUIRED')), /TLS/);
  assert.match(String(await cipherOf(`ssl-mode=verify_ca&ssl-ca=${certificate}`)), /TLS/);
  for (const [search, words] of [
    ['ssl-mode=VERIFY_CA', /self.signed certificate/],
    [`ssl-mode=VERIFY_IDENTITY&ssl-ca=${certificate}`, /127\.0\.0\.1|altnames|IP/],
    ['ssl-mode=VERIFY_CA&ssl-ca=/no/such.pem', /its ssl-ca cannot be read/],
  ] as const) {
    const { message } = await endcapErrorOf(connectToMysql(addressed(search)));
    assert.match(message, words);
  }
});

test.run();
