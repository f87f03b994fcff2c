/**
 * The options of `get` and `serve` that concern TLS: files become what `connect` and `listen` take, failures become advice.
 * Not for: certificates themselves (`certificates.ts`), where keys are written (`network.ts`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { SocketError } from '../socket/errors.js';
import type { TLSOptions } from '../tls/options.js';
import { ThrowawayAuthority } from './certificates.js';
import { CommandError, UsageError } from './failure.js';

export interface ClientTlsOptions {
  /** Path of the certificates to trust, PEM. */
  cacert?: string;
  insecure?: true;
  servername?: string;
}

export interface ServerTlsOptions {
  tls?: true;
  /** Paths of a chain and its key, PEM. */
  cert?: string;
  key?: string;
  /** Path of the CA to write. */
  caOut?: string;
}

export interface ServerTls {
  tls: TLSOptions;
  /** The CA of a certificate that was made on the fly, PEM. */
  ca?: string;
}

/** @throws Error of `node:fs` */
export function clientTls({ cacert, insecure, servername }: ClientTlsOptions): TLSOptions {
  return {
    ...(cacert !== undefined && { ca: readFileSync(cacert) }),
    ...(servername !== undefined && { serverName: servername }),
    rejectUnauthorized: insecure !== true,
  };
}

/**
 * @param names of the server, for a certificate made on the fly
 * @returns `undefined` when there is to be no TLS
 * @throws UsageError for options that do not go together, Error of `node:fs`
 */
export function serverTls(
  { tls, cert, key, caOut }: ServerTlsOptions,
  names: readonly string[],
): ServerTls | undefined {
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together');
  if (cert !== undefined && key !== undefined) {
    if (caOut !== undefined) throw new UsageError('--ca-out is for a certificate made on the fly, without --cert');
    return { tls: { cert: readFileSync(cert), key: readFileSync(key) } };
  }
  if (tls !== true && caOut !== undefined) throw new UsageError('--ca-out needs --tls');
  if (tls !== true) return undefined;
  const authority = new ThrowawayAuthority();
  if (caOut !== undefined) writeFileSync(caOut, authority.cert);
  return { tls: authority.issue(names), ca: authority.cert };
}

/** What a client can do about a failure of TLS, in one line; other errors as they are. */
export function withAdvice(error: unknown, url: URL): unknown {
  if (!isOfTls(error)) return error;
  const code = error.code === 'EPROTO' ? '' : ` [${error.code}]`;
  const advice = adviceFor(error);
  return new CommandError(`${url.host}: ${error.message}${code}${advice === undefined ? '' : `; ${advice}`}`);
}

/** Whether TLS has found the error: then it names the alert. */
export function isOfTls(error: unknown): error is SocketError {
  return error instanceof Error && 'alert' in error;
}

function adviceFor({ code, reason, alert, remote }: SocketError): string | undefined {
  if (UNKNOWN_ISSUER.has(code)) return 'trust its CA with --cacert <file>, or anybody with --insecure';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'if it goes by another name, say which with --servername <name>';
  if (reason === 'CERTIFICATE_VERIFY_FAILED') return '--insecure takes the certificate nevertheless';
  if (reason === 'WRONG_VERSION_NUMBER' || reason === 'HTTP_REQUEST') return 'try http://';
  if (remote && alert === 'unrecognized_name') return 'say which of its names is meant with --servername <name>';
  return undefined;
}

/** Verdicts that another `ca` would change. */
const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
