/**
 * One connection of the shim: TLS over Node's own socket, from the first byte to the last. What is done on it is the
 * runner's contract: checks after the handshake, then an echo of every byte, inverted, until the peer closes.
 * Not for: TLS itself, which is the product's.
 */
import { TlsError } from '../../../dist/host/tls/alert.js';
import { initialWrites } from './behaviour.mjs';
import { checkHandshake } from './expectations.mjs';
import { Failure, failureOf, TRUNCATED } from './failure.mjs';
import { Hellos } from './hellos.mjs';

export class Exchange {
  /** @type {Uint8Array | undefined} that came with a ticket */
  #session;
  /** @type {string[]} lines of the key log */
  #secrets = [];
  #hellos = new Hellos();
  /** @type {Buffer[]} plaintext that waits for room */
  #waiting = [];
  #peerEnded = false;
  /** Nothing that comes is of interest any more. */
  #over = false;
  /** @type {(result: Failure | undefined) => void} */
  #settle = () => {};

  /**
   * @param {import('./world.mjs').World} world
   * @param {import('./flags.mjs').Settings} settings
   * @param {boolean} resumes whether there was an earlier connection
   */
  constructor(world, settings, resumes) {
    this.config = world.config(settings, resumes, (line) => this.#secrets.push(line));
    this.engine = world.engine(this.config);
    this.settings = settings;
    this.resumes = resumes;
  }

  /**
   * Goes through with it.
   * @param {import('node:net').Socket} socket
   * @returns {Promise<Uint8Array | undefined>} what a client may resume later
   * @throws Failure
   */
  async run(socket) {
    const { settings, engine } = this;
    this.socket = socket;
    const settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.socket.on('data', (bytes) => this.#guard(() => this.#received(bytes)));
    this.socket.on('end', () => this.#guard(() => this.#streamEnded()));
    this.socket.on('error', (error) => this.#settle(new Failure(error.message)));
    this.#guard(() => this.#turn());
    const failure = await settled;
    this.#over = true;
    const session = this.#session ?? engine.connection.session();
    if (failure === undefined && !settings['send-alert']) this.#checkTicket();
    engine.close();
    await closed(this.socket);
    if (failure !== undefined) throw failure;
    return session;
  }

  /** @param {() => void} step whose failure ends the connection */
  #guard(step) {
    if (this.#over) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.engine.abort(new TlsError('internal_error', 'UNEXPECTED', error.message));
      this.#flush();
      this.#over = true;
      this.#settle(error);
    }
  }

  /** @param {Buffer} bytes */
  #received(bytes) {
    this.#hellos.see(this.settings.server ? 'client' : 'server', bytes);
    for (let pushed = 0; pushed < bytes.length; ) {
      pushed += this.engine.push(bytes.subarray(pushed));
      this.#turn();
    }
  }

  #streamEnded() {
    const matters = this.settings['check-close-notify'] || this.engine.connection.phase !== 'open';
    if (matters && !this.#peerEnded) throw new Failure(TRUNCATED);
    this.#settle(undefined);
  }

  #turn() {
    for (let event = this.engine.next(); event !== undefined; event = this.engine.next()) {
      this.#happened(event);
      this.#send();
    }
    this.#flush();
  }

  /** @param {import('../../../dist/host/tls/connection.js').TlsEvent} event */
  #happened(event) {
    if (event.kind === 'handshake') this.#shakenHands();
    else if (event.kind === 'data') this.#echo(Buffer.from(event.bytes));
    else if (event.kind === 'session') this.#session = event.session;
    else if (event.kind === 'failed') throw failureOf(event.error);
    else {
      this.#peerEnded = true;
      this.engine.end();
      this.#flush();
      this.#settle(undefined);
    }
  }

  #shakenHands() {
    const { engine, settings, config, resumes } = this;
    const hellos = this.#hellos;
    this.#flush();
    if (!settings['implicit-handshake'])
      checkHandshake({ connection: engine.connection, settings, config, hellos, resumes });
    this.#waiting.push(...initialWrites({ connection: engine.connection, settings, hellos, secrets: this.#secrets }));
    this.#send();
    if (settings['send-alert']) this.#sendAlert();
    else if (settings['shim-shuts-down']) engine.end();
  }

  /** @param {Buffer} bytes */
  #echo(bytes) {
    const { engine, settings } = this;
    if (settings['shim-shuts-down']) throw new Failure(':APPLICATION_DATA_ON_SHUTDOWN:');
    if (settings['use-exporter-between-reads']) engine.connection.exportKeyingMaterial(1, '');
    if (settings['key-update']) engine.connection.updateKeys();
    this.#waiting.push(Buffer.from(bytes.map((byte) => byte ^ 0xff)));
  }

  /** An alert that the product itself never sends. */
  #sendAlert() {
    this.engine.abort(new TlsError('alert 30', 'DECOMPRESSION_FAILURE', 'the runner wants this alert'));
    this.#flush();
    this.#settle(undefined);
  }

  /** As much as there is room for; what is sent makes room. */
  #send() {
    for (let first = this.#waiting.shift(); first !== undefined; first = this.#waiting.shift()) {
      const taken = this.engine.write(first);
      this.#flush();
      if (taken < 0) return;
      if (taken < first.length) this.#waiting.unshift(first.subarray(taken));
    }
  }

  #flush() {
    for (let bytes = this.engine.pull(); bytes !== undefined; bytes = this.engine.pull()) {
      this.#hellos.see(this.settings.server ? 'server' : 'client', bytes);
      this.socket?.write(bytes);
    }
  }

  /** A client of TLS 1.3 gets a ticket unless the runner says otherwise. */
  #checkTicket() {
    const { settings, engine } = this;
    // Who shuts down at once may or may not see a ticket that is on its way.
    if (settings.server || settings['shim-shuts-down'] || engine.connection.version !== TLS13) return;
    const expected = !settings['expect-no-session'];
    if (expected !== (this.#session !== undefined)) throw new Failure(`there was ${expected ? 'no' : 'a'} ticket`);
  }
}

/**
 * Ends a socket and waits a while for the peer to do so, too; what it still sends is thrown away.
 * @param {import('node:net').Socket} socket
 */
function closed(socket) {
  return new Promise((resolve) => {
    if (socket.closed) return resolve(undefined);
    const timer = setTimeout(() => socket.destroy(), PATIENCE);
    socket.once('close', () => resolve(clearTimeout(timer)));
    socket.resume().end();
  });
}

/** Milliseconds. */
const PATIENCE = 2000;

const TLS13 = 0x0304;
