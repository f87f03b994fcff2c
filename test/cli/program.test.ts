/** What the command line says about itself, and about command lines that make no sense. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { vitrine } from './command.js';
import { vitrineHere } from './here.js';

describe('vitrine', () => {
  test('--help names the commands and shows examples', async () => {
    const { code, stdout } = await vitrine(['--help']);
    expect(code).toBe(0);
    for (const command of ['demo', 'serve', 'get', 'ping', 'traceroute', 'nc', 'show'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).toContain('Examples:\n  vitrine demo\n');
  });

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await vitrine(['--version'])).stdout).toBe(`${version}\n`);
  });

  test.each(['serve', 'get', 'ping', 'traceroute', 'nc', 'show'])(
    '%s --help shows its options and examples',
    async (command) => {
      const { code, stdout } = await vitrineHere([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('--kernel-address');
      expect(stdout).toContain('--weather');
      expect(stdout).toContain('Examples:');
    },
  );

  test('a usage error is that of the process, too', async () => {
    const { code, stdout, stderr } = await vitrine(['dmeo']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/unknown command 'dmeo'/);
  });

  test.each([
    [['dmeo'], /unknown command 'dmeo'/],
    [['get'], /missing required argument 'url'/],
    [['get', '10.9.0.1'], /begins with http:/],
    [['ping', '10.9.0.1', '--count', '0'], /whole number from 1/],
    [['show', '--dhcp'], /--dhcp needs --tap/],
    [['show', '--tun', 'a', '--tap', 'b'], /--tun and --tap exclude each other/],
    [['show', '--route', '10.0.0.0'], /as 10\.0\.0\.0\/8=10\.9\.0\.1/],
    [['ping', '10.9.0.1', '--address', 'x'], /as 10\.9\.0\.2\/24/],
    [['nc', '10.9.0.1'], /a host and a port, or -l/],
    [['nc', '10.9.0.1', '1-9'], /several ports need -z/],
    [['serve', '--port', 'http'], /whole number from 1 to 65535/],
    [['serve', '--weather', 'rain=1%'], /"rain=1%" is none of loss/],
    [['serve', '--tls', '--cert', 'chain.pem'], /--cert and --key go together/],
    [['serve', '--ca-out', 'ca.pem'], /--ca-out needs --tls/],
    [['get', 'https://10.9.0.1/', '--pcap-keys'], /--pcap-keys needs --pcap <file>/],
    [['get', 'https://10.9.0.1/', '--keylog'], /--keylog needs a file, or SSLKEYLOGFILE/],
    [['serve', '--workers', '0'], /whole number from 1 to 64/],
    [['serve', '--workers', '1.5'], /whole number from 1 to 64/],
    [['serve', '--workers', '1000000'], /whole number from 1 to 64/],
    [['serve', '--workers', '2', '--tap', 'a'], /--workers does not go with --tap: each worker is a stack on a queue/],
    [['serve', '--workers', '2', '--dhcp', '--tap', 'a'], /--workers does not go with --tap/],
    [['serve', '--workers', '2', '--weather', 'loss=1%'], /--workers does not go with --weather/],
    [['serve', '--workers', '2', '--pcap', 'a.pcapng'], /--workers does not go with --pcap/],
    [['serve', '--workers', '2', '--keylog', 'a.log'], /--workers does not go with --keylog/],
    [['serve', '--nonsense'], /unknown option '--nonsense'/],
  ])('%j is a usage error, exit code 2', async (args, message) => {
    const { code, stderr } = await vitrineHere(args, { SSLKEYLOGFILE: '' });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each(['serve', 'get'])('%s --help shows its options of TLS', async (command) => {
    const { stdout } = await vitrineHere([command, '--help']);
    const [, options = ''] = /^TLS:\n((?: .*\n)+)/m.exec(stdout) ?? [];
    const own =
      command === 'serve' ? ['--tls', '--cert', '--key', '--ca-out'] : ['--cacert', '--insecure', '--servername'];
    for (const option of [...own, '--keylog', '--pcap-keys']) expect(options).toContain(`${option} `);
  });

  test('a failure is one line and exit code 1', async () => {
    const { code, stdout, stderr } = await vitrine(['serve', '/no/such/directory']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^vitrine: .*\/no\/such\/directory.*\n$/);
  });
});
