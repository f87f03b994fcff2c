/** `pg`: many queries of every kind, large values and many rows; and over TLS, which is Node's on our TCP. */
import { createHash } from 'node:crypto';
import { type ClientConfig, Pool, type QueryConfig } from 'pg';
import { ca } from '../../../kit/certificates/certificates.js';
import { KERNEL } from '../../addresses.js';
import { digestOf, piece } from '../content.js';
import type { Lab, Row } from '../lab.js';
import { POSTGRES, POSTGRES_USER } from '../programs.js';

const ROWS = 20_000;

export const pg: readonly Row[] = [
  {
    name: 'pg: queries as text, with parameters, and prepared',
    play: (lab) => withPool(lab, {}, (pool) => rightAnswers(pool, lab.volume.queries)),
    expected: ({ queries }) => queries,
  },
  {
    name: 'pg: the same over TLS',
    play: (lab) => withPool(lab, { ssl: { ca: ca.cert } }, (pool) => rightAnswers(pool, lab.volume.secureQueries)),
    expected: ({ secureQueries }) => secureQueries,
  },
  {
    name: 'pg: a large value there and back',
    play: (lab) =>
      withPool(lab, {}, async (pool) => {
        const { rows } = await pool.query('select $1::bytea as value', [piece('value', lab.volume.value)]);
        return digestOf(rows[0].value);
      }),
    expected: ({ value }) => digestOf(piece('value', value)),
  },
  {
    name: 'pg: many rows',
    play: (lab) =>
      withPool(lab, {}, async (pool) => {
        const { rows } = await pool.query(`select n, md5(n::text) as hash from generate_series(1, ${ROWS}) n`);
        return rows.filter(({ n, hash }, index) => n === index + 1 && hash === md5(index + 1)).length;
      }),
    expected: () => ROWS,
  },
  {
    name: 'pg: an error of the server, and the connection goes on',
    play: (lab) =>
      withPool(lab, { max: 1 }, async (pool) => {
        const code = await pool.query('select 1 / 0').catch((error) => error.code);
        const { rows } = await pool.query('select 7 as number');
        return { code, number: rows[0].number };
      }),
    expected: () => ({ code: '22012', number: 7 }),
  },
];

async function rightAnswers(pool: Pool, queries: number): Promise<number> {
  const right = Array.from({ length: queries }, async (_, number) => {
    const { rows } = await pool.query(query(number));
    return rows.length === 1 && rows[0].number === number && rows[0].hash === md5(number);
  });
  return (await Promise.all(right)).filter(Boolean).length;
}

/** One of three kinds in turn. */
function query(number: number): QueryConfig {
  if (number % 3 === 0) return { text: `select ${number} as number, md5('${number}') as hash` };
  const text = 'select $1::int as number, md5(($1::int)::text) as hash';
  return { text, values: [number], ...(number % 3 === 1 ? {} : { name: 'hash' }) };
}

async function withPool<Result>(
  { net }: Lab,
  options: ClientConfig & { max?: number },
  use: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const server = { host: KERNEL, port: POSTGRES, user: POSTGRES_USER, database: 'postgres' };
  const pool = new Pool({ ...server, max: 4, stream: () => new net.Socket(), ...options });
  const result = await use(pool);
  await pool.end();
  return result;
}

function md5(number: number): string {
  return createHash('md5').update(String(number)).digest('hex');
}
