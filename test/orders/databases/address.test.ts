import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  concealed,
  databaseAddress,
  databaseKind,
  databaseLabel,
  withoutSecrets,
} from '../../../src/orders/databases/address.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('addresses of databases');
const errorOf = (work: () => unknown) => endcapErrorOf((async () => work())());

test('are those of Postgres, MySQL, and SQLite', () => {
  const kinds = {
    'postgres://host/shop': 'postgres',
    'postgresql://host/shop': 'postgres',
    'Postgres://host/shop': 'postgres',
    'postgres://': 'postgres',
    'mysql://host/shop': 'mysql',
    'mariadb://host/shop': 'mysql',
    'sqlite:shop.db': 'sqlite',
    'sqlite:///var/lib/shop.db': 'sqlite',
  };
  for (const [address, kind] of Object.entries(kinds)) assert.is(databaseKind(address), kind, address);
  assert.is(databaseKind(new URL('postgres://host/shop')), 'postgres');
  for (const other of [
    'orders.csv',
    'postgres.csv',
    'postgres:orders',
    'mongodb://host/shop',
    'C:\\orders.csv',
    '-',
    5,
  ])
    assert.is(databaseKind(other), undefined, String(other));
});

test('have a name without user, password, and parameters', () => {
  const names = {
    'postgres://ann:s3cret@db.example:5433/shop?sslmode=require&password=s3cret': 'postgres://db.example:5433/shop',
    'postgres://ann:p%40ss%2Fword@db.example/shop': 'postgres://db.example/shop',
    'postgres://ann:p@ss@db.example/shop': 'postgres://db.example/shop',
    'postgresql://:s3cret@db.example/shop': 'postgresql://db.example/shop',
    'postgres://ann:s3cret@[::1]:5432/shop': 'postgres://[::1]:5432/shop',
    'postgres://ann:s3cret@/shop?host=/var/run/postgresql': 'postgres:///shop',
    'postgres:///shop': 'postgres:///shop',
    'postgres://': 'postgres://',
    'mysql://ann:s3cret@db.example/shop#s3cret': 'mysql://db.example/shop',
    'sqlite:///var/lib/shop.db?key=s3cret': 'sqlite:/var/lib/shop.db',
  };
  for (const [address, name] of Object.entries(names)) assert.is(databaseAddress(address)!.name, name, address);
  assert.is(databaseLabel(databaseAddress('postgres://ann:s3cret@db.example/my%20shop')!), 'postgres:my shop');
  assert.is(databaseLabel(databaseAddress('sqlite:///var/lib/shop.db')!), 'sqlite:shop.db');
});

test('of which it cannot be told where the password ends are refused, and not shown', async () => {
  for (const address of [
    'postgres://ann:s3/cret@host/shop',
    'postgres://ann:s3?cret@host/shop',
    'postgres://ann:s3#cret@host/shop',
    'postgres://ann:1/s3cret@host/shop',
    'postgres://ann:s3@cret/w@host/shop',
    'postgres://ann:s3cret/shop',
    'mysql://ann:s3 cret',
    'postgres://host/%zz-s3cret',
  ]) {
    const error = await errorOf(() => databaseAddress(address));
    assert.is(error.code, 'invalid_options', address);
    assert.not.match(`${error.message} ${JSON.stringify(error.details)} ${error.cause}`, /s3|cret/);
  }
});

test('of any other kind lose their secrets as well', () => {
  assert.is(withoutSecrets('mongodb://ann:s3cret@host/shop?key=s3cret'), 'mongodb://host/shop');
  assert.is(withoutSecrets('https://ann:s3/cret@host/shop'), 'https://...');
  assert.is(withoutSecrets('jdbc:postgresql://ann:s3cret@host/shop'), 'jdbc:...');
  assert.is(withoutSecrets('jdbc:oracle:thin:ann/s3cret@host:1521:shop'), 'jdbc:...');
  assert.is(withoutSecrets('orders@2025.csv'), 'orders@2025.csv');
});

test('and their passwords are taken out of what others say', () => {
  const address = databaseAddress('postgres://ann:p%40ss@host/shop?sslpassword=other')!;
  const told = concealed(`cannot open ${address.address}: p@ss, p%40ss, or other is wrong`, address);
  assert.is(told, 'cannot open postgres://host/shop: ***, ***, or *** is wrong');
});

test.run();
