/**
 * The resolver of the machine that the stack runs on, for `dns: { resolver: 'host' }`: Node's `dns.lookup`, loaded when the
 * first name comes. Not for: the stack's own packets; nothing of this is seen on its devices.
 */
import { nameFailure } from '../socket/errors.js';
import type { LookupFunction } from './options.js';

export const hostLookup: LookupFunction = (hostname, { family = 0 }, callback) => {
  import('node:dns').then(
    ({ lookup }) =>
      lookup(hostname, { family, all: true, verbatim: true }, (error, addresses) => {
        if (error)
          callback(Object.assign(nameFailure(hostname, { code: error.code ?? 'EAI_AGAIN' }), { cause: error }), '');
        else callback(null, addresses);
      }),
    (error) => callback(error, ''),
  );
};
