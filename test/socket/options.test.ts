/** Bad options throw at once, with Bun's words. */
import { describe, expect, test } from 'vitest';
import { parseConnectOptions, parseListenOptions, parseReload, resolve } from '../../host/socket/options.js';

const socket = { data() {} };
const good = { hostname: '10.0.0.1', port: 80, socket };

describe('connect options', () => {
  test('are read with their defaults', () => {
    const parsed = parseConnectOptions({ ...good, data: 7 });
    expect(parsed).toMatchObject({ hostname: '10.0.0.1', port: 80, data: 7, allowHalfOpen: false });
    expect(parsed.handlers.binaryType).toBe('buffer');
  });

  test.each<[string, object, object]>([
    ['host instead of hostname', { host: 'localhost', port: 1, socket }, { hostname: 'localhost' }],
    ['a port as text', { ...good, port: '80' }, { port: 80 }],
    ['true as a port', { ...good, port: true }, { port: 1 }],
    ['a number as host name', { ...good, hostname: 1 }, { hostname: '1' }],
    ['tls: false', { ...good, tls: false }, { port: 80 }],
    ['tls: null', { ...good, tls: null }, { port: 80 }],
    ['only drain', { ...good, socket: { drain() {}, data: null } }, { port: 80 }],
  ])('accept %s', (_, options, expected) => {
    expect(parseConnectOptions(options)).toMatchObject(expected);
  });

  test.each<[string, unknown, string, string]>([
    ['nothing', undefined, 'TypeError', 'Expected options object'],
    ['null', null, 'TypeError', 'Expected options object'],
    ['a string', 'x', 'TypeError', 'Expected options object'],
    ['no socket', {}, 'TypeError', 'SocketOptions.socket is required'],
    ['socket: null', { ...good, socket: null }, 'TypeError', 'SocketHandler must be an object'],
    ['socket: {}', { ...good, socket: {} }, 'TypeError', 'Expected at least "data" or "drain" callback'],
    ['data: 1', { ...good, socket: { data: 1 } }, 'TypeError', 'Expected "onData" callback to be a function'],
    ['drain: 1', { ...good, socket: { drain: 1 } }, 'TypeError', 'Expected "onWritable" callback to be a function'],
    [
      'binaryType: 1',
      { ...good, socket: { ...socket, binaryType: 1 } },
      'TypeError',
      'SocketHandler.binaryType must be a string',
    ],
    [
      'binaryType: "blob"',
      { ...good, socket: { ...socket, binaryType: 'blob' } },
      'TypeError',
      'SocketHandler.binaryType must be "arraybuffer", "buffer", or "uint8array"',
    ],
    ['no hostname', { port: 1, socket }, 'TypeError', 'Expected either "hostname" or "unix"'],
    ['hostname: ""', { ...good, hostname: '' }, 'TypeError', 'Expected either "hostname" or "unix"'],
    ['hostname: []', { ...good, hostname: [] }, 'TypeError', 'Expected a non-empty "hostname"'],
    ['no port', { hostname: 'x', socket }, 'TypeError', 'Missing "port"'],
    [
      'port: -1',
      { ...good, port: -1 },
      'RangeError',
      'SocketOptions.port must be in the range [0, 65535] (received -1)',
    ],
    [
      'port: 65536',
      { ...good, port: 65536 },
      'RangeError',
      'SocketOptions.port must be in the range [0, 65535] (received 65536)',
    ],
    ['port: 80.5', { ...good, port: 80.5 }, 'RangeError', 'SocketOptions.port must be an integer (received 80.5)'],
    ['port: "abc"', { ...good, port: 'abc' }, 'RangeError', 'SocketOptions.port must be an integer (received NaN)'],
    ['port: {}', { ...good, port: {} }, 'RangeError', 'SocketOptions.port must be an integer (received NaN)'],
    [
      'allowHalfOpen: "x"',
      { ...good, allowHalfOpen: 'x' },
      'TypeError',
      'SocketOptions.allowHalfOpen must be a boolean',
    ],
    ['exclusive: "x"', { ...good, exclusive: 'x' }, 'TypeError', 'SocketOptions.exclusive must be a boolean'],
  ])('reject %s', (_, options, name, message) => {
    expect(() => parseConnectOptions(options)).toThrow(expect.objectContaining({ name, message }));
  });

  test.each([{ unix: '/tmp/x' }, { fd: 3 }])('say why %o means nothing here, and what to do', (more) => {
    const error = expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' });
    expect(() => parseConnectOptions({ ...good, ...more })).toThrow(error);
    expect(() => parseConnectOptions({ ...good, ...more })).toThrow('Give hostname and port');
  });
});

test('listen options that are no object have words of their own', () => {
  expect(() => parseListenOptions(null)).toThrow('Expected object');
});

describe('D17: reload', () => {
  test('of a socket takes the handlers, bare or as { socket }', () => {
    expect(parseReload([socket], 'option').data).toBe(socket.data);
    expect(parseReload([{ socket }], 'option').data).toBe(socket.data);
  });

  test.each<[unknown[], 'option' | 'object', string]>([
    [[], 'option', 'Expected 1 argument'],
    [[null], 'option', 'Expected options object'],
    [[{}], 'option', 'Expected "socket" option'],
    [[{}], 'object', 'Expected "socket" object'],
    [[socket], 'object', 'Expected "socket" object'],
    [[{ socket: {} }], 'object', 'Expected at least "data" or "drain" callback'],
  ])('rejects case %#', (given, what, message) => {
    expect(() => parseReload(given, what)).toThrow(message);
  });
});

test('a name is an address only when it is localhost or a literal', () => {
  expect(resolve('LocalHost')?.slice(12)).toEqual(Uint8Array.of(127, 0, 0, 1));
  expect(resolve('example.org')).toBeUndefined();
});
