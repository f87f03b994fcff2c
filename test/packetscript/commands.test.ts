import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StackSettings } from '../../host/packetscript/profiles.js';
import { type CommandHost, runCommand } from '../../host/packetscript/system/commands.js';
import { parseShell } from '../../host/packetscript/system/shell.js';

describe('commands', () => {
  test('are read as a shell would', () => {
    expect(parseShell(`a "b c" 'd' \\\n e > /dev/null 2>&1 # no\nf | g && h || i;j`)).toEqual([
      { commands: [['a', 'b c', 'd', 'e']], after: 'always' },
      { commands: [['f'], ['g']], after: 'always' },
      { commands: [['h']], after: 'success' },
      { commands: [['i']], after: 'failure' },
      { commands: [['j']], after: 'always' },
    ]);
    expect(parseShell('s x="1 $((15*1024*1024))"')).toEqual([{ commands: [['s', 'x=1 15728640']], after: 'always' }]);
    expect(parseShell("a 'b")).toBe("can't read the command from ''b' on");
  });

  test('sysctl changes settings, by names of both families', () => {
    expect(
      configured(
        'sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_rmem="4096 100000 200000"\nsysctl -w net.inet.tcp.rfc1323=0',
      ),
    ).toEqual([
      { tcp: { sack: 0 } },
      { receiveBuffer: 200000, tcp: { receiveBufferInitial: 100000 } },
      { tcp: { timestamps: 0, windowScaling: 0 } },
    ]);
    expect(
      configured('../set_sysctls.py /proc/sys/net/ipv4/tcp_timestamps=0\\\n /proc/sys/net/ipv4/tcp_ecn=1'),
    ).toEqual([{ tcp: { timestamps: 0 } }, { tcp: { ecn: 1 } }]);
  });

  test('a script of settings is found beside the packet script', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vitrine-'));
    mkdirSync(join(directory, 'tests'));
    writeFileSync(join(directory, 'defaults.sh'), '#!/bin/bash\n# one\nsysctl -q net.ipv4.tcp_frto=0\ntc qdisc add\n');
    const { host, settings } = hostOf();
    expect(runCommand('../defaults.sh', join(directory, 'tests'), host)).toEqual({ ok: true });
    expect(settings).toEqual([{ tcp: { forwardRto: 0 } }]);
  });

  test('questions about connections are answered by the stack', () => {
    const { host } = hostOf({ TIME_WAIT: 1 });
    const ask = (state: string, count: number) =>
      runCommand(`sockstat -4 -P tcp -s | grep packetdril | grep -c ${state} | grep ${count}`, '.', host);
    expect(ask('TIME_WAIT', 1)).toEqual({ ok: true });
    expect(ask('TIME_WAIT', 0)).toEqual({ ok: false });
    expect(ask('SYN_RCVD', 0)).toEqual({ ok: true });
  });

  test('sleep lets time pass; what prepares a machine is passed over', () => {
    const { host, slept } = hostOf();
    expect(runCommand('rm -f /tmp/x; tc qdisc del dev tun0 root; sleep 0.5', '.', host)).toEqual({ ok: true });
    expect(slept).toEqual([0.5]);
  });

  test.each([
    ['reboot now', "the command 'reboot now'"],
    ['sysctl net.ipv4.tcp_fastopen_key=1-2', 'the key 1-2'],
    ['sysctl -w net.ipv4.tcp_quantum=1', 'the sysctl net.ipv4.tcp_quantum'],
    ['sysctl net.ipv4.tcp_congestion_control=bbr', 'the congestion controller bbr'],
    ['sysctl net.ipv4.tcp_sack=yes', 'sysctl net.ipv4.tcp_sack=yes'],
    ['./missing.sh', './missing.sh: no such file'],
  ])('%s is unsupported by name', (command, unsupported) => {
    expect(runCommand(command, '/nowhere', hostOf().host)).toEqual({ unsupported });
  });
});

function configured(command: string): StackSettings[] {
  const { host, settings } = hostOf();
  expect(runCommand(command, '.', host)).toEqual({ ok: true });
  return settings;
}

function hostOf(states: Record<string, number> = {}) {
  const settings: StackSettings[] = [];
  const slept: number[] = [];
  const host: CommandHost = {
    configure: (change) => settings.push(change),
    connectionsIn: (state) => states[state] ?? 0,
    forget: () => {},
    sleep: (seconds) => slept.push(seconds),
    variables: new Map(),
  };
  return { host, settings, slept };
}
