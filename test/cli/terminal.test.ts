import { describe, expect, test } from 'vitest';
import { formatBytes, formatRate, Terminal } from '../../host/cli/terminal.js';

describe('numbers', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [67_108_864, '64.0 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [2 ** 60, '1048576.0 TiB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test.each([
    [125, 1000, '1 kbit/s'],
    [1_250_000, 1000, '10 Mbit/s'],
    [250_000_000, 1000, '2.00 Gbit/s'],
  ])('%d bytes in %d ms are %s', (bytes, milliseconds, text) => expect(formatRate(bytes, milliseconds)).toBe(text));
});

describe('progress', () => {
  test('is a line at each quarter where there is no terminal, without colour', () => {
    const { terminal, written } = notTerminal();
    for (let done = 0; done <= 100; done += 10) terminal.progress('', done, 100, 1000);
    expect(
      written()
        .split('\n')
        .map((line) => /\d+ %/.exec(line)?.[0]),
    ).toEqual(['30 %', '50 %', '80 %', '100 %', undefined]);
    expect(terminal.paint('red', 'text')).toBe('text');
  });

  test('starts again with the next transfer', () => {
    const { terminal, written } = notTerminal();
    terminal.progress('', 100, 100, 1);
    terminal.progress('', 100, 100, 1);
    expect(written().split('\n')).toHaveLength(3);
  });
});

function notTerminal() {
  let text = '';
  const stream = {
    isTTY: false,
    write(piece: string) {
      text += piece;
      return true;
    },
  };
  return { terminal: new Terminal(stream as unknown as NodeJS.WriteStream), written: () => text };
}
