/**
 * The doors between a `Socket` and what is built on it: names that no program meets. Not for: programs.
 */

/** Where a subclass finds its channel, and what it hears of it. */
export const CHANNEL: unique symbol = Symbol('channel');
export const BROKEN: unique symbol = Symbol('broken');
export const SECURED: unique symbol = Symbol('secured');
export const SESSION: unique symbol = Symbol('session');
export const KEYLOG: unique symbol = Symbol('keylog');
/** The `tls` option of the connection that a subclass makes. */
export const TLS_OPTIONS: unique symbol = Symbol('tls options');
/** Hands the connection over to TLS. */
export const UPGRADE: unique symbol = Symbol('upgrade');
/** Takes a channel that is open already. */
export const ADOPT: unique symbol = Symbol('adopt');
