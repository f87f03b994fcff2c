/**
 * The commands and options of `vitrine`. Each command is a module of its own, loaded when it is called.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT_SUCCESS, EXIT_USAGE, reportFailure } from './failure.js';
import type { GetOptions } from './get.js';
import type { PacketScriptCommandOptions } from './packetscript.js';
import type { PingOptions } from './ping.js';
import type { ServeOptions } from './serve.js';
import { parseWeather } from './weather-option.js';

/**
 * Runs the command that `argv` asks for; errors are one line on stderr.
 * @returns the exit code: 0, 1 for a failure, 2 for a command line that makes no sense, 130 or 143 after a signal
 */
export async function run(argv: readonly string[]): Promise<number> {
  let code: number = EXIT_SUCCESS;
  const program = build((result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv]);
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error);
    return error.exitCode === 0 ? EXIT_SUCCESS : EXIT_USAGE;
  }
}

function build(done: (code: number) => void): Command {
  const program = new Command('vitrine')
    .description('A TCP/IP stack under glass: the protocol runs in WebAssembly, the packets are real.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(vitrine --help shows what there is)')
    .addHelpText('after', EXAMPLES);
  program
    .command('demo')
    .description(
      'watch Vitrine and the kernel exchange files, in the clear and over TLS, explained (needs nothing, leaves nothing)',
    )
    .addOption(new Option('--inside').hideHelp())
    .action(async (options: { inside?: true }) =>
      done(await (await import('./demo/demo.js')).demo(options.inside === true)),
    );
  serveCommand(program, done);
  getCommand(program, done);
  network(program.command('ping'))
    .description('send ICMP echo requests')
    .argument('<host>', 'an IP address')
    .option('-c, --count <number>', 'stop after so many', wholeNumber(1, 1e9))
    .option('-i, --interval <seconds>', 'time between them', positiveNumber, 1)
    .option('-s, --size <bytes>', 'data in each', wholeNumber(0, 65507), 56)
    .option('-W, --timeout <seconds>', 'how long to wait for a reply', positiveNumber, 5)
    .addHelpText('after', PING_EXAMPLES)
    .action(async (host: string, options: PingOptions) => done(await (await import('./ping.js')).ping(host, options)));
  packetScripts(program, done);
  return program;
}

function serveCommand(program: Command, done: (code: number) => void): void {
  const command = network(program.command('serve'))
    .description('serve a directory over HTTP or HTTPS')
    .argument('[directory]', 'what to serve', '.')
    .option('--port <number>', 'where to listen (default: 80, 443 with TLS)', wholeNumber(1, 65535))
    .optionsGroup('TLS:')
    .option('--tls', 'serve HTTPS, with a certificate made on the fly unless --cert names one')
    .option('--cert <file>', 'the certificate and those of its issuers, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('--ca-out <file>', 'where to write the CA of a certificate made on the fly; it is printed otherwise');
  keys(command)
    .addHelpText('after', SERVE_EXAMPLES)
    .action(async (directory: string, options: ServeOptions) =>
      done(await (await import('./serve.js')).serve(directory, options)),
    );
}

function getCommand(program: Command, done: (code: number) => void): void {
  const command = network(program.command('get'))
    .description('download over HTTP or HTTPS')
    .argument('<url>', 'as https://10.9.0.1:8443/file; there is no DNS yet, so the host is an IP address', parseUrl)
    .option('-o, --output <file>', 'where to write it; stdout otherwise')
    .optionsGroup('TLS:')
    .option('--cacert <file>', 'whose certificates to trust, PEM; those that the runtime trusts otherwise')
    .option('-k, --insecure', 'take any certificate')
    .option('--servername <name>', 'who the server has to be, if it does not go by the address in the URL');
  keys(command)
    .addHelpText('after', GET_EXAMPLES)
    .action(async (url: URL, options: GetOptions) => done(await (await import('./get.js')).get(url, options)));
}

function packetScripts(program: Command, done: (code: number) => void): void {
  program
    .command('packetscript')
    .description('run packet scripts (.pkt) against the stack, in this process, on a clock of their own')
    .argument('<path...>', 'scripts, and directories with scripts below them')
    .addOption(
      new Option('--profile <name>', 'whom the scripts expect, whatever they say; linux otherwise').choices([
        'linux',
        'freebsd',
        'vitrine',
      ]),
    )
    .addOption(
      new Option(
        '--mode <name>',
        'how packets are compared, whatever the scripts say; as the profile does otherwise',
      ).choices(['exact', 'linux', 'freebsd']),
    )
    .option('-D, --define <name=value>', 'a word of the scripts that stands for something else', definition, {})
    .option('-v, --verbose', 'tell every event, and the scripts that pass')
    .addHelpText('after', PACKETSCRIPT_EXAMPLES)
    .action(async (paths: string[], options: PacketScriptCommandOptions) =>
      done(await (await import('./packetscript.js')).packetscript(paths, options)),
    );
}

function definition(text: string, earlier: Record<string, string>): Record<string, string> {
  const sign = text.indexOf('=');
  if (sign < 1) throw new InvalidArgumentError('It is as NAME=value.');
  return { ...earlier, [text.slice(0, sign)]: text.slice(sign + 1) };
}

/** The options of every command that opens a TUN device. */
function network(command: Command): Command {
  return command
    .optionsGroup('Network:')
    .option('--tun <name>', 'the interface to create, or a persistent one to use', 'vitrine%d')
    .option('--address <address/prefix>', "Vitrine's address", '10.9.0.2/24')
    .option('--kernel-address <address/prefix>', "the kernel's address on the interface", '10.9.0.1/24')
    .option('--mtu <bytes>', 'largest packet', wholeNumber(576, 65535), 1500)
    .option('--pcap <file>', 'write a pcapng capture')
    .option('--weather <conditions>', 'bad weather both ways, as loss=1%,delay=20ms,rate=10mbit', parseWeather)
    .optionsGroup('Options:');
}

/** The options of every command that may speak TLS. */
function keys(command: Command): Command {
  return command
    .optionsGroup('TLS:')
    .option('--keylog [file]', 'append the keys for Wireshark to a file, that of SSLKEYLOGFILE if none is named')
    .option('--pcap-keys', 'put the keys into the capture of --pcap: Wireshark shows what was said, to everybody')
    .optionsGroup('Options:');
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('It is a number of seconds, more than 0.');
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new InvalidArgumentError('It begins with http:// or https://');
}

function version(): string {
  const path = ['../../../package.json', '../../package.json'].map((relative) => new URL(relative, import.meta.url));
  for (const url of path) {
    try {
      return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
    } catch {}
  }
  return 'unknown';
}

const EXAMPLES = `
Examples:
  vitrine demo
  sudo vitrine serve ~/public --pcap serve.pcapng      then, elsewhere: curl http://10.9.0.2/
  sudo vitrine serve ~/public --tls                    over TLS 1.3, with a certificate made on the fly
  sudo vitrine get http://10.9.0.1:8000/file -o file   from a server on this machine: python3 -m http.server
  sudo vitrine ping 10.9.0.1 --weather loss=10%,delay=50ms

A TUN device needs root, a network namespace of your own (unshare -Urn), or a device that root has made for you:
  sudo ip tuntap add dev vitrine0 mode tun user $USER
  vitrine serve --tun vitrine0`;

const SERVE_EXAMPLES = `
Examples:
  sudo vitrine serve ~/public
  sudo vitrine serve . --port 8080 --weather loss=1%,delay=20ms
  sudo vitrine serve . --tls --ca-out ca.pem            then, elsewhere: curl --cacert ca.pem https://10.9.0.2/
  sudo vitrine serve . --cert chain.pem --key key.pem --pcap serve.pcapng --pcap-keys
  sudo vitrine serve . --address 10.8.0.2/24 --kernel-address 10.8.0.1/24 --pcap serve.pcapng`;

const GET_EXAMPLES = `
Examples:
  sudo vitrine get http://10.9.0.1:8000/ | head
  sudo vitrine get http://10.9.0.1:8000/big.iso -o big.iso --pcap get.pcapng
  sudo vitrine get https://10.9.0.1:8443/ --cacert ca.pem
  sudo vitrine get https://10.9.0.1:8443/ --cacert ca.pem --servername server.test --keylog keys.log

It ends with 1 when the server is not verified, unless --insecure is given.`;

const PACKETSCRIPT_EXAMPLES = `
Examples:
  vitrine packetscript handshake.pkt --mode exact --verbose
  vitrine packetscript scripts/tcp
  vitrine packetscript tcp-testsuite/state-event-engine --profile freebsd

It ends with 1 when a script fails or can't be read. What there is not yet (UDP, IPv6) is unsupported, not failed.
The language, the modes and the profiles: host/packetscript/README.md`;

const PING_EXAMPLES = `
Examples:
  sudo vitrine ping 10.9.0.1 -c 5
  sudo vitrine ping 10.9.0.1 -i 0.2 --weather loss=20%,jitter=10ms,delay=30ms`;
