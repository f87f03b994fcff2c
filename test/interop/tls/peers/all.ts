/** All peers of the table. */
import type { Peer } from '../peer.js';
import { curl } from './curl.js';
import { gnutls } from './gnutls.js';
import { nginx } from './nginx.js';
import { node } from './node.js';
import { nss } from './nss.js';
import { openssl } from './openssl.js';

export const PEERS: readonly Peer[] = [openssl, gnutls, nss, nginx, curl, node];
