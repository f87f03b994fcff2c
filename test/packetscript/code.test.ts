import { describe, expect, test } from 'vitest';
import { runCode } from '../../host/packetscript/system/code.js';
import type { Scope, Value } from '../../host/packetscript/system/formula.js';

describe('%{ }%', () => {
  test('assertions hold or say why not', () => {
    expect(run('assert tcpi_snd_cwnd == 10').failed).toBeUndefined();
    expect(run('assert tcpi_snd_cwnd == 9, tcpi_snd_cwnd').failed).toBe('assert tcpi_snd_cwnd == 9, tcpi_snd_cwnd: 10');
    expect(run("assert tcpi_snd_cwnd == 9, 'cwnd=%d of %s' % (tcpi_snd_cwnd, 'it')").failed).toContain('cwnd=10 of it');
  });

  test.each([
    '5000 <= tcpi_rtt <= 20000',
    'not 20000 <= tcpi_rtt <= 30000',
    '(tcpi_options & 32) != 0 and tcpi_options | 1 == 33',
    'tcpi_options & 32 == 32',
    '1 + 2 * 3 == 7 and (1 + 2) * 3 == 9',
    '7 // 2 == 3 and 7 % 4 == 3 and -7 % 4 == 1 and 7 / 2 == 3.5',
    '1 << 4 == 16 or unknown',
    '0x7fffffff == 2147483647',
    'abs(3 - 5) == 2 and max(1, 2) == 2 and int(3.9) == 3',
    '"a" == \'a\' and True and not False',
  ])('%s', (formula) => {
    expect(run(`assert ${formula}`).failed).toBeUndefined();
  });

  test('names are kept from one statement, and one snippet, to the next', () => {
    const scope = scopeOf();
    expect(runCode('cwnd = 10; cwnd += 1\nprint(cwnd)  # eleven', scope).printed).toEqual(['11']);
    expect(runCode('cwnd -= 1; \\\n assert cwnd == 10', scope).failed).toBeUndefined();
  });

  test('the first assertion that fails ends it', () => {
    expect(run("assert False, 'first'; print('second')")).toEqual({
      printed: [],
      failed: "assert False, 'first': first",
    });
  });

  test.each([
    ['import os', "expected 'assert', 'print' or an assignment, found 'import os'"],
    ['print(open("/etc/passwd"))', "'open' has no value"],
    ['x = (1', "expected ')'"],
    ['assert 1 2', 'goes on where it should end'],
    ['x = 1 / 0', 'division by zero'],
    ["x = [i for i in 'a']", "expected a value, found '['"],
  ])('refuses %s', (source, message) => {
    expect(() => run(source)).toThrow(message);
  });
});

function run(source: string) {
  return runCode(source, scopeOf());
}

function scopeOf(): Scope {
  const names = new Map<string, Value>([
    ['tcpi_snd_cwnd', 10],
    ['tcpi_rtt', 12000],
    ['tcpi_options', 32],
    ['unknown', 0],
  ]);
  return { get: (name) => names.get(name), set: (name, value) => names.set(name, value) };
}
