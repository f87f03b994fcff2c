/**
 * What lasts from one connection of the shim to the next: the core, the keys of tickets, the client's session, and the
 * clock. Not for: what flags mean for a connection's configuration (`settings.mjs`).
 */
import { Core } from '../../../dist/host/core/core.js';
import { compileCore } from '../../../dist/host/core/load.js';
import { defaultProvider } from '../../../dist/host/tls/crypto/default.js';
import { TlsEngine } from '../../../dist/host/tls/engine.js';
import { TicketKeys } from '../../../dist/host/tls/session/ticket-keys.js';
import { configuration } from './settings.mjs';

/** @typedef {import('../../../dist/host/tls/config.js').TlsConfig} TlsConfig */

export class World {
  /** @type {Uint8Array | undefined} */
  #session;
  #delay = 0;
  #provider = defaultProvider();
  #start = Date.now();
  /** Moves only as the runner says. */
  #wall = () => this.#start + this.#delay;
  #ticketKeys = new TicketKeys({ provider: this.#provider, wall: this.#wall });

  static async load() {
    const compiled = await compileCore();
    return new World(Core.initialized(compiled.instantiate()));
  }

  /** @param {Core} core */
  constructor(core) {
    this.core = core;
  }

  /**
   * @param {import('./flags.mjs').Settings} settings
   * @param {boolean} resumes whether there was an earlier connection
   * @param {(line: string) => void} keylog
   * @returns {TlsConfig}
   */
  config(settings, resumes, keylog) {
    return {
      ...configuration(settings, this.#provider, resumes),
      provider: this.#provider,
      wall: this.#wall,
      session: this.#session,
      ticketKeys: settings['no-ticket'] ? undefined : this.#ticketKeys,
      keylog,
    };
  }

  /** @param {TlsConfig} config */
  engine(config) {
    return TlsEngine.create(this.core, config);
  }

  /**
   * After a connection.
   * @param {Uint8Array | undefined} session
   * @param {import('./flags.mjs').Settings} settings
   */
  keep(session, settings) {
    this.#session = session;
    this.#delay += 1000 * (settings['resumption-delay'] ?? 0);
  }
}
