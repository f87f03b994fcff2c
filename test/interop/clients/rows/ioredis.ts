/** `ioredis`: pipelines of a hundred commands, and a large value, with and without TLS. */
import type { ConnectionOptions } from 'node:tls';
import { AbstractConnector, Redis } from 'ioredis';
import { ca } from '../../../kit/certificates/certificates.js';
import { KERNEL } from '../../addresses.js';
import { digestOf, piece } from '../content.js';
import type { Lab, Row } from '../lab.js';
import { REDIS, REDIS_TLS } from '../programs.js';

export const ioredis: readonly Row[] = [
  {
    name: 'ioredis: pipelines of a hundred commands, all at once',
    play: (lab) => withRedis(plain(lab), (redis) => atOnce(redis, lab.volume.pipelines)),
    expected: ({ pipelines }) => pipelines * COMMANDS,
  },
  {
    name: 'ioredis: pipelines over TLS, one after the other',
    play: (lab) => withRedis(secure(lab), (redis) => inTurn(redis, lab.volume.pipelines)),
    expected: ({ pipelines }) => pipelines * COMMANDS,
  },
  {
    name: 'ioredis: a large value there and back',
    play: (lab) => withRedis(plain(lab), (redis) => echoed(redis, lab.volume.value)),
    expected: ({ value }) => digestOf(piece('value', value)),
  },
  {
    name: 'ioredis: a large value there and back over TLS',
    play: (lab) => withRedis(secure(lab), (redis) => echoed(redis, lab.volume.value)),
    expected: ({ value }) => digestOf(piece('value', value)),
  },
];

/** @returns how many commands were answered right */
async function atOnce(redis: Redis, count: number): Promise<number> {
  const right = await Promise.all(Array.from({ length: count }, (_, number) => pipeline(redis, number)));
  return right.reduce((sum, one) => sum + one, 0);
}

/**
 * As `atOnce`, but one after the other: over TLS, Redis 7 closes a connection with more than 64 KiB of answers when a
 * write comes short (OpenSSL's "bad length"), whoever the client is.
 */
async function inTurn(redis: Redis, count: number): Promise<number> {
  let right = 0;
  for (let number = 0; number < count; number++) right += await pipeline(redis, number);
  return right;
}

/** @throws Error of the first command that was not answered right */
async function pipeline(redis: Redis, number: number): Promise<number> {
  const commands = redis.pipeline();
  const expected: string[] = [];
  for (let command = 0; command < COMMANDS; command += 2) {
    const key = `${number} ${command}`;
    const value = piece(key, command * 16).toString('base64');
    commands.set(key, value).getdel(key);
    expected.push('OK', value);
  }
  const answers = (await commands.exec()) ?? [];
  for (const [command, [error, answer]] of answers.entries()) {
    if (error !== null) throw error;
    if (answer !== expected[command]) throw new Error(`command ${command} of pipeline ${number}: ${answer}`);
  }
  return answers.length;
}

async function echoed(redis: Redis, length: number) {
  await redis.set('value', piece('value', length));
  return digestOf((await redis.getdelBuffer('value')) ?? new Uint8Array());
}

type Connect = () => ReturnType<Lab['net']['connect']>;

function plain({ net }: Lab): Connect {
  return () => net.connect({ host: KERNEL, port: REDIS });
}

function secure({ tls }: Lab): Connect {
  const options: ConnectionOptions = { host: KERNEL, port: REDIS_TLS, ca: ca.cert };
  return () => tls.connect(options);
}

async function withRedis<Result>(connect: Connect, use: (redis: Redis) => Promise<Result>): Promise<Result> {
  class Connector extends AbstractConnector {
    override async connect() {
      this.stream = connect();
      return this.stream;
    }
  }
  // A connection that is lost must not be made up for.
  const redis = new Redis({ Connector: Connector.bind(null, 0), retryStrategy: () => null });
  const failed = new Promise<never>((_, reject) => {
    redis.on('error', reject);
  });
  const result = await Promise.race([use(redis), failed]);
  await redis.quit();
  return result;
}

const COMMANDS = 100;
