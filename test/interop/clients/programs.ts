/**
 * The servers of others on the kernel's side: nginx, PostgreSQL, Redis. Each keeps what it has in the directory that it
 * is given. Not for: what the clients ask of them (`rows/`).
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ca, server as identity } from '../../kit/certificates/certificates.js';
import { until } from '../../kit/wait.js';
import { KERNEL, PREFIX } from '../addresses.js';
import { Program } from '../tls/program.js';
import { piece, SMALL_SIZES } from './content.js';
import type { Volume } from './lab.js';

/** They are alone in their namespace, so their ports are theirs. */
export const NGINX = 8080;
export const NGINX_TLS = 8443;
export const POSTGRES = 5432;
export const POSTGRES_USER = 'vitrine';
export const REDIS = 6379;
export const REDIS_TLS = 6380;

/** Resolves when all of them answer. */
export async function startPrograms(directory: string, volume: Volume): Promise<Program[]> {
  writeFileSync(join(directory, 'ca.pem'), ca.cert);
  writeFileSync(join(directory, 'server.pem'), identity.cert);
  writeFileSync(join(directory, 'server.key'), identity.key);
  chmodSync(join(directory, 'server.key'), 0o600);
  const [web, store, database] = [nginx(directory, volume), redis(directory), postgres(directory)];
  await Promise.all([
    ready(web, () => answers(NGINX)),
    ready(web, () => answers(NGINX_TLS)),
    ready(store, () => answers(REDIS)),
    ready(store, () => answers(REDIS_TLS)),
    // It answers before, but only that it is not ready.
    ready(database, () => database.complaints.includes('ready to accept connections')),
  ]);
  return [web, store, database];
}

/** Why PostgreSQL can not be started; `undefined` when it can, or must. */
export function postgresMissing(): string | undefined {
  return process.env.CI || postgresPrograms() !== undefined ? undefined : 'skipped: PostgreSQL is not installed';
}

/** Serves `small/0` and so on, `large`, `largest`, and the streams of HTTP/2; says in headers over which connection. */
function nginx(directory: string, volume: Volume): Program {
  const root = join(directory, 'served');
  for (const folder of ['small', 'stream']) mkdirSync(join(root, folder), { recursive: true });
  SMALL_SIZES.forEach((size, number) => {
    writeFileSync(join(root, 'small', String(number)), piece(`small ${number}`, size));
  });
  for (let number = 0; number < volume.streams; number++) {
    writeFileSync(join(root, 'stream', String(number)), piece(number, volume.stream));
  }
  for (const name of ['large', 'largest'] as const) writeFileSync(join(root, name), piece(name, volume[name]));
  const path = join(directory, 'nginx');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${path}.${what};`,
  );
  writeFileSync(
    path,
    `daemon off; master_process off; pid ${path}.pid; error_log stderr;
events {}
http {
  access_log off; keepalive_requests 1000000; root ${root}; ${temporary.join(' ')}
  add_header X-Connection $connection; default_type application/octet-stream;
  server {
    listen ${KERNEL}:${NGINX};
    listen ${KERNEL}:${NGINX_TLS} ssl http2;
    ssl_certificate ${directory}/server.pem; ssl_certificate_key ${directory}/server.key;
  }
}
`,
  );
  return new Program({ program: 'nginx', args: ['-c', path] }, directory);
}

function redis(directory: string): Program {
  const tls = ['--tls-cert-file', 'server.pem', '--tls-key-file', 'server.key', '--tls-ca-cert-file', 'ca.pem'];
  const ports = ['--bind', KERNEL, '--port', `${REDIS}`, '--tls-port', `${REDIS_TLS}`, '--tls-auth-clients', 'no'];
  const memory = ['--save', '', '--appendonly', 'no', '--protected-mode', 'no'];
  return new Program({ program: 'redis-server', args: [...ports, ...tls, ...memory] }, directory);
}

function postgres(directory: string): Program {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error(`there is no PostgreSQL in ${DEBIAN_POSTGRES}`);
  const data = join(directory, 'postgres');
  const choices = ['--no-sync', '--no-locale', '--encoding', 'UTF8', '--auth', 'trust', '--username', POSTGRES_USER];
  execFileSync('unshare', [...NO_ROOT, join(bin, 'initdb'), '-D', data, ...choices], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  appendFileSync(join(data, 'pg_hba.conf'), `host all all ${KERNEL}/${PREFIX} trust\n`);
  const settings = {
    listen_addresses: KERNEL,
    port: POSTGRES,
    unix_socket_directories: '',
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: join(directory, 'server.pem'),
    ssl_key_file: join(directory, 'server.key'),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return new Program(
    { program: 'unshare', args: [...NO_ROOT, join(bin, 'postgres'), '-D', data, ...flags] },
    directory,
  );
}

/** Where its programs are, of the newest version; `undefined` when it is not installed. */
function postgresPrograms(): string | undefined {
  if (!existsSync(DEBIAN_POSTGRES)) return undefined;
  const [newest] = readdirSync(DEBIAN_POSTGRES).sort((one, other) => Number(other) - Number(one));
  return newest === undefined ? undefined : join(DEBIAN_POSTGRES, newest, 'bin');
}

/** @throws Error with what it complained about, when it ends before */
async function ready(program: Program, condition: () => boolean | Promise<boolean>): Promise<void> {
  await until(() => {
    const { exitCode, spawnfile } = program.child;
    if (exitCode !== null) throw new Error(`${spawnfile} ended: ${program.output}${program.complaints}`);
    return condition();
  });
}

/** Whether somebody listens. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, KERNEL);
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

const DEBIAN_POSTGRES = '/usr/lib/postgresql';
/** PostgreSQL refuses to be root; so for it we are somebody else, who owns our files. */
const NO_ROOT = ['--user', '--map-user=65534', '--map-group=65534'];
