import { describe, expect, test } from 'vitest';
import { BARRIERS, checkLayout, checkTables, FILES } from '../../../scripts/check/layout.mjs';

describe('cycles', () => {
  test('two files that import each other are a cycle, named with its path', () => {
    const findings = check({
      'assembly/tcp/rtt.ts': `import { arm } from './timers';`,
      'assembly/tcp/timers.ts': `import { sample } from './rtt';`,
    });
    expect(findings).toEqual([
      'assembly/tcp/rtt.ts:1 import cycle: assembly/tcp/rtt → assembly/tcp/timers → assembly/tcp/rtt',
    ]);
  });

  test('a cycle through a re-export and a dynamic import is found', () => {
    const findings = check({
      'host/socket/a.ts': `export { b } from './b.js';`,
      'host/socket/b.ts': `export const b = () => import('./a.js');`,
    });
    expect(findings).toHaveLength(1);
  });

  test('a file that imports itself is a cycle', () => {
    expect(check({ 'host/core/load.ts': `import { load } from './load.js';` })).toHaveLength(1);
  });

  test('a type-only import closes no cycle', () => {
    const findings = check({
      'host/socket/a.ts': `import { b } from './b.js';`,
      'host/socket/b.ts': `import type { A } from './a.js'; export const b = (x: import('./a.js').A) => x;`,
    });
    expect(findings).toEqual([]);
  });
});

describe('folders', () => {
  test('a folder imports what the table allows', () => {
    const findings = check({
      'assembly/index.ts': `export { tcpInput } from './tcp/input';`,
      'assembly/tcp/input.ts': `import { fold } from '../ip/checksum';`,
      'assembly/ip/checksum.ts': `import { BATCH_LIMIT } from '../abi/constants';`,
      'assembly/abi/constants.ts': '',
    });
    expect(findings).toEqual([]);
  });

  test.each([
    ['assembly/memory/ring.ts', '../tcp/tcb', 'assembly/tcp/tcb.ts'],
    ['assembly/ip/output.ts', '../tcp/tcb', 'assembly/tcp/tcb.ts'],
    ['assembly/tcp/tcb.ts', '../index', 'assembly/index.ts'],
    ['host/device/tun.ts', '../stack/stack.js', 'host/stack/stack.ts'],
    ['host/device/tun.ts', '../socket/socket.js', 'host/socket/socket.ts'],
    ['host/socket/socket.ts', '../device/tun.js', 'host/device/tun.ts'],
    ['host/core/load.ts', '../stack/stack.js', 'host/stack/stack.ts'],
    ['host/stack/stack.ts', '../cli/main.js', 'host/cli/main.ts'],
  ])('%s may not import %s', (from, specifier, to) => {
    const findings = check({ [from]: `import { thing } from '${specifier}';`, [to]: '' });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain('may not import');
  });

  test('a type-only import obeys the table as well', () => {
    const findings = check({
      'host/device/tun.ts': `import type { Stack } from '../stack/stack.js';`,
      'host/stack/stack.ts': '',
    });
    expect(findings).toHaveLength(1);
  });

  test('only ip/input climbs from ip/ to tcp/, and only to tcp/input', () => {
    const climb = { 'assembly/ip/input.ts': `import { tcpInput } from '../tcp/input';`, 'assembly/tcp/input.ts': '' };
    expect(check(climb)).toEqual([]);
    const deeper = {
      'assembly/ip/input.ts': `import { arrives } from '../tcp/arrives';`,
      'assembly/tcp/arrives.ts': '',
    };
    expect(check(deeper)).toHaveLength(1);
  });

  test('of assembly/, the host imports abi/constants and nothing else', () => {
    const findings = check({
      'host/core/core.ts': `import { STATE_CLOSED } from '../../assembly/abi/constants.js';`,
      'host/core/load.ts': `import { seqLt } from '../../assembly/tcp/seq.js';`,
      'assembly/abi/constants.ts': '',
      'assembly/tcp/seq.ts': '',
    });
    expect(findings).toEqual([
      'host/core/load.ts:1 host/core/load imports assembly/tcp/seq; the host may import assembly/abi/constants only',
    ]);
  });

  test('a folder that the table does not know is reported at its first import', () => {
    const findings = check({
      'host/utils/misc.ts': `import { load } from '../core/load.js';`,
      'host/core/load.ts': '',
    });
    expect(findings).toEqual(['host/utils/misc.ts:1 host/utils/ has no place in the layout']);
  });
});

describe('barriers', () => {
  test('the input path may not reach the output path, not even through other files', () => {
    const findings = check({
      'assembly/tcp/receive.ts': `import { owe } from './owed';`,
      'assembly/tcp/owed.ts': `import { ipOutput } from '../ip/output';`,
      'assembly/ip/output.ts': '',
    });
    expect(findings).toEqual([
      'assembly/tcp/receive.ts:1 assembly/tcp/receive → assembly/tcp/owed → assembly/ip/output: ' +
        'the input path says what is owed and never sends',
    ]);
  });

  test('the output path may use it', () => {
    const findings = check({
      'assembly/tcp/emit.ts': `import { ipOutput } from '../ip/output';`,
      'assembly/ip/output.ts': '',
    });
    expect(findings).toEqual([]);
  });
});

describe('tables', () => {
  const named = [...FILES.flat(), ...BARRIERS.flatMap(({ from, to }) => [...from, ...to])];
  const files = [...new Set(named)].map((stem) => ({ path: `${stem}.ts`, text: '' }));

  test('a file that a table names has to exist', () => {
    expect(checkTables(files)).toEqual([]);
    expect(checkTables(files.filter(({ path }) => path !== 'assembly/tcp/emit.ts'))).toEqual([
      { path: 'assembly/tcp/emit', message: 'named by the layout, but there is no such file' },
    ]);
  });

  test('unless its whole folder is not there', () => {
    expect(checkTables(files.filter(({ path }) => !path.startsWith('assembly/udp/')))).toEqual([]);
  });
});

describe('WebAssembly', () => {
  test('only host/core/ instantiates', () => {
    const text = 'export const load = (bytes: BufferSource) => WebAssembly.instantiate(bytes);';
    expect(check({ 'host/core/load.ts': text })).toEqual([]);
    expect(check({ 'host/stack/load.ts': text })).toEqual([
      'host/stack/load.ts:1 only host/core/ uses WebAssembly at run time',
    ]);
    expect(
      check({ 'host/device/wire.ts': 'export const memory = new WebAssembly.Memory({ initial: 1 });' }),
    ).toHaveLength(1);
  });

  test('its types may be named anywhere', () => {
    const text = `
      export interface Exports extends WebAssembly.Exports { readonly memory: WebAssembly.Memory }
      export const size = (memory: WebAssembly.Memory): number => memory.buffer.byteLength;`;
    expect(check({ 'host/device/port.ts': text })).toEqual([]);
  });
});

function check(files: Record<string, string>): string[] {
  const sources = Object.entries(files).map(([path, text]) => ({ path, text }));
  return checkLayout(sources).map(({ path, line, message }) => `${path}:${line} ${message}`);
}
