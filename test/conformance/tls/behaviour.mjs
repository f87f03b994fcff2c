/**
 * What the shim sends on its own account once the handshake is complete. Not for: the echo (`exchange.mjs`).
 */
import { Failure } from './failure.mjs';

/**
 * @typedef {object} Outcome
 * @property {import('../../../dist/host/tls/connection.js').TlsConnection} connection
 * @property {import('./flags.mjs').Settings} settings
 * @property {import('./hellos.mjs').Hellos} hellos
 * @property {readonly string[]} secrets lines of the key log
 */

/**
 * @param {Outcome} outcome
 * @returns {Buffer[]} in the order of sending
 */
export function initialWrites(outcome) {
  const { settings } = outcome;
  const writes = [];
  if (settings['export-keying-material'] !== undefined) writes.push(exported(outcome));
  if (settings['export-traffic-secrets']) writes.push(trafficSecrets(outcome));
  if (settings['tls-unique']) writes.push(tlsUnique(outcome));
  if (settings['write-different-record-sizes']) writes.push(...SIZES.map((size) => Buffer.alloc(size, 0x42)));
  if (settings['shim-writes-first'] || settings['read-with-unfinished-write']) writes.push(Buffer.from('hello'));
  return writes;
}

/** RFC 5705, RFC 8446 §7.5. @param {Outcome} outcome */
function exported({ connection, settings }) {
  const context = settings['use-export-context'] ? Buffer.from(settings['export-context'] ?? '', 'latin1') : undefined;
  const length = settings['export-keying-material'];
  return Buffer.from(connection.exportKeyingMaterial(length, settings['export-label'] ?? '', context));
}

/** The length of a secret in little endian, the one we read with, the one we write with. @param {Outcome} outcome */
function trafficSecrets({ settings, secrets }) {
  const [client, server] = ['CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0'].map((label) => {
    const line = secrets.find((text) => text.startsWith(`${label} `)) ?? '';
    return Buffer.from(line.split(' ')[2] ?? '', 'hex');
  });
  const length = Buffer.alloc(2);
  length.writeUInt16LE(client?.length ?? 0);
  return Buffer.concat(
    [length, ...(settings.server ? [client, server] : [server, client])].flatMap((one) => one ?? []),
  );
}

/**
 * The Finished that was sent first (RFC 5929 §3): of a resumed session only with the extended master secret, as without
 * it two connections can be made to agree (RFC 7627 §1).
 * @param {Outcome} outcome
 */
function tlsUnique({ connection, settings, hellos }) {
  const bound = hellos.extension('server', EXTENDED_MASTER_SECRET) !== undefined;
  if (connection.version !== TLS12 || (connection.resumed && !bound)) throw new Failure('failed to get tls-unique');
  const own = Boolean(settings.server) === connection.resumed;
  return Buffer.from((own ? connection.finished : connection.peerFinished) ?? []);
}

const TLS12 = 0x0303;
const EXTENDED_MASTER_SECRET = 23;
/** Around the limits of records. */
const SIZES = [1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769];
