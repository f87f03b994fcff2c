/**
 * The commands and options of `vitrine`. Each command is a module of its own, loaded when it is called.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import * as help from './examples.js';
import { EXIT_SUCCESS, EXIT_USAGE, reportFailure } from './failure.js';
import type { GetOptions } from './get.js';
import { ADDRESSES, KERNEL_ADDRESSES } from './network-options.js';
import type { PacketScriptCommandOptions } from './packetscript.js';
import * as parse from './parse.js';
import type { ServeOptions } from './serve.js';
import type { DigOptions } from './tools/dig.js';
import type { NcOptions } from './tools/nc.js';
import type { PingOptions } from './tools/ping.js';
import type { ShowOptions } from './tools/show.js';
import type { TracerouteOptions } from './tools/traceroute.js';
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
    .addHelpText('after', help.EXAMPLES);
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
  pingCommand(program, done);
  tracerouteCommand(program, done);
  ncCommand(program, done);
  showCommand(program, done);
  digCommand(program, done);
  packetScripts(program, done);
  return program;
}

function serveCommand(program: Command, done: (code: number) => void): void {
  const command = network(program.command('serve'))
    .description('serve a directory over HTTP or HTTPS')
    .argument('[directory]', 'what to serve', '.')
    .option('--port <number>', 'where to listen (default: 80, 443 with TLS)', parse.wholeNumber(1, 65535))
    .option(
      '--workers <number>',
      'so many stacks, each in a thread of its own, on the queues of one TUN interface',
      parse.wholeNumber(1, 64),
    )
    .optionsGroup('TLS:')
    .option('--tls', 'serve HTTPS, with a certificate made on the fly unless --cert names one')
    .option('--cert <file>', 'the certificate and those of its issuers, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('--ca-out <file>', 'where to write the CA of a certificate made on the fly; it is printed otherwise');
  keys(command)
    .addHelpText('after', help.SERVE_EXAMPLES)
    .action(async (directory: string, options: ServeOptions) =>
      done(await (await import('./serve.js')).serve(directory, options)),
    );
}

function getCommand(program: Command, done: (code: number) => void): void {
  const command = network(program.command('get'))
    .description('download over HTTP or HTTPS')
    .argument('<url>', 'as https://10.9.0.1:8443/file', parse.parseUrl)
    .option('-o, --output <file>', 'where to write it; stdout otherwise')
    .optionsGroup('TLS:')
    .option('--cacert <file>', 'whose certificates to trust, PEM; those that the runtime trusts otherwise')
    .option('-k, --insecure', 'take any certificate')
    .option('--servername <name>', 'who the server has to be, if it does not go by the address in the URL');
  keys(command)
    .addHelpText('after', help.GET_EXAMPLES)
    .action(async (url: URL, options: GetOptions) => done(await (await import('./get.js')).get(url, options)));
}

function pingCommand(program: Command, done: (code: number) => void): void {
  families(network(program.command('ping')))
    .description('send ICMP echo requests')
    .argument('<host>', 'an IP address, or a name')
    .option('-c, --count <number>', 'stop after so many', parse.wholeNumber(1, 1e9))
    .option('-i, --interval <seconds>', 'time between them', parse.positiveNumber, 1)
    .option('-s, --size <bytes>', 'data in each', parse.wholeNumber(0, 65_527), 56)
    .option('-t, --ttl <hops>', 'how far they may go', parse.wholeNumber(1, 255))
    .option('-W, --timeout <seconds>', 'how long to wait for a reply', parse.positiveNumber, 5)
    .addHelpText('after', help.PING_EXAMPLES)
    .action(async (host: string, options: PingOptions) =>
      done(await (await import('./tools/ping.js')).ping(host, options)),
    );
}

function tracerouteCommand(program: Command, done: (code: number) => void): void {
  families(network(program.command('traceroute')))
    .description('name the routers on the way to a host, by ICMP echo requests that may not go far')
    .argument('<host>', 'an IP address, or a name')
    .option('-m, --max-hops <hops>', 'how far to look', parse.wholeNumber(1, 255), 30)
    .option('-q, --queries <number>', 'requests for each hop', parse.wholeNumber(1, 10), 3)
    .option('-w, --timeout <seconds>', 'how long to wait for an answer', parse.positiveNumber, 5)
    .option('-s, --size <bytes>', 'data in each', parse.wholeNumber(0, 65_507), 32)
    .addHelpText('after', help.TRACEROUTE_EXAMPLES)
    .action(async (host: string, options: TracerouteOptions) =>
      done(await (await import('./tools/traceroute.js')).traceroute(host, options)),
    );
}

function ncCommand(program: Command, done: (code: number) => void): void {
  const command = families(network(program.command('nc')))
    .description('stdin to a connection, the connection to stdout: TCP, UDP or TLS; or see which ports are open')
    .argument('[host]', 'whom to connect to')
    .argument('[port]', 'and where; a range for -z', parse.parsePorts)
    .option('-l, --listen <port>', 'wait for a connection instead', parse.wholeNumber(1, 65_535))
    .option('-k, --keep', 'with -l, wait for the next one when one has closed')
    .option('-u, --udp', 'datagrams instead of a connection')
    .option('-z, --scan', 'only tell whether each port is open')
    .option(
      '-w, --timeout <seconds>',
      'give up when it takes so long to connect, or nothing moves',
      parse.positiveNumber,
    )
    .option('-v, --verbose', 'tell on stderr who is connected')
    .optionsGroup('TLS:')
    .option('--tls', 'speak TLS; with -l, with a certificate made on the fly unless --cert names one')
    .option('--cacert <file>', 'whose certificates to trust, PEM; those that the runtime trusts otherwise')
    .option('--insecure', 'take any certificate')
    .option('--servername <name>', 'who the server has to be, if it does not go by its address')
    .option('--cert <file>', 'the certificate and those of its issuers, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('--ca-out <file>', 'where to write the CA of a certificate made on the fly');
  keys(command)
    .addHelpText('after', help.NC_EXAMPLES)
    .action(async (host: string | undefined, ports: parse.PortRange | undefined, options: NcOptions) =>
      done(await (await import('./tools/nc.js')).nc(host, ports, options)),
    );
}

function showCommand(program: Command, done: (code: number) => void): void {
  network(program.command('show'))
    .description('show the interfaces, addresses, routes and neighbours that a stack with these options has')
    .option('--wait <seconds>', 'look only after so long, when routers and servers have answered', parse.positiveNumber)
    .addHelpText('after', help.SHOW_EXAMPLES)
    .action(async (options: ShowOptions) => done(await (await import('./tools/show.js')).show(options)));
}

function digCommand(program: Command, done: (code: number) => void): void {
  network(program.command('dig'))
    .description('ask a name server, and show what it says')
    .argument('[words...]', '@server, name, type, +short, +tcp, +time=<seconds>, +tries=<number>')
    .option('-x, --reverse <address>', 'the name of an address')
    .addHelpText('after', help.DIG_EXAMPLES)
    .action(async (words: string[], options: DigOptions) =>
      done(await (await import('./tools/dig.js')).dig(words, options)),
    );
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
    .addOption(
      new Option('--ip-version <name>', 'what the scripts run over, whatever they say').choices([
        'ipv4',
        'ipv6',
        'ipv4-mapped-ipv6',
      ]),
    )
    .option('-D, --define <name=value>', 'a word of the scripts that stands for something else', parse.definition, {})
    .option('-v, --verbose', 'tell every event, and the scripts that pass')
    .addHelpText('after', help.PACKETSCRIPT_EXAMPLES)
    .action(async (paths: string[], options: PacketScriptCommandOptions) =>
      done(await (await import('./packetscript.js')).packetscript(paths, options)),
    );
}

/** The options of every command that opens a device. */
function network(command: Command): Command {
  return command
    .optionsGroup('Network:')
    .option('--tun <name>', 'the TUN interface to create, or a persistent one to use (default: vitrine%d)')
    .option('--tap <name>', 'a TAP interface instead: Ethernet, so with ARP and NDP')
    .option(
      '--address <address/prefix>',
      `Vitrine's; may come again (default: ${ADDRESSES})`,
      parse.addressesWithPrefix,
    )
    .option(
      '--kernel-address <address/prefix>',
      `those of the kernel's end; may come again (default: ${KERNEL_ADDRESSES})`,
      parse.addressesWithPrefix,
    )
    .option(
      '--dhcp',
      'with --tap: addresses, routes and name servers from whoever serves them there, IPv6 routers included',
    )
    .option('--route <prefix=gateway>', 'a route, as default=10.9.0.1; may come again', parse.routes)
    .option('--mtu <bytes>', 'largest packet', parse.wholeNumber(576, 65535), 1500)
    .option(
      '--dns <servers>',
      'name servers to ask, as 10.9.0.1,[fd00::53]:5353; otherwise this machine resolves names',
    )
    .option('--pcap <file>', 'write a pcapng capture')
    .option('--weather <conditions>', 'bad weather both ways, as loss=1%,delay=20ms,rate=10mbit', parseWeather)
    .optionsGroup('Options:');
}

function families(command: Command): Command {
  return command
    .addOption(new Option('-4, --ipv4', 'IPv4 alone').conflicts('ipv6'))
    .addOption(new Option('-6, --ipv6', 'IPv6 alone').conflicts('ipv4'));
}

/** The options of every command that may speak TLS. */
function keys(command: Command): Command {
  return command
    .optionsGroup('TLS:')
    .option('--keylog [file]', 'append the keys for Wireshark to a file, that of SSLKEYLOGFILE if none is named')
    .option('--pcap-keys', 'put the keys into the capture of --pcap: Wireshark shows what was said, to everybody')
    .optionsGroup('Options:');
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
