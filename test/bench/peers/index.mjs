/**
 * The other stacks that take part where the machine has what they need. Each is a program with the ports of
 * `../native/rawtun.c`, told its address. Those of C and Go are built from a source of ours against a distribution's
 * package: nothing of theirs is kept here, nothing is fetched.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile, FOLDER, isNewer } from '../running/instruments.mjs';
import { isThere } from '../running/requirements.mjs';

/** `needs`: a path, or the name of a program. `install`: what brings it. `build` answers the path of the program that is run. */
const PEERS = {
  lwip: {
    needs: ['/usr/include/lwip/lwip/tcpip.h'],
    install: 'apt-get install liblwip-dev',
    build: () => compile(here('lwip.c'), 'lwip', ['-I/usr/include/lwip', '-llwip']),
    command: (program, place) => [program, place.stack],
  },
  gvisor: {
    needs: ['go', '/usr/share/gocode/src/gvisor.dev/gvisor/pkg/tcpip'],
    install: 'apt-get install golang-go golang-gvisor-gvisor-dev',
    build: (progress) => buildGo('gvisor', progress),
    command: (program, place) => [program, place.stack],
  },
  kernel: {
    needs: ['ip'],
    install: 'apt-get install iproute2',
    build: () => compile(here('kserve.c'), 'kserve'),
    command: (program, place) => [program, place.stack],
  },
  iperf3: {
    needs: ['iperf3'],
    install: 'apt-get install iperf3',
    build: () => 'iperf3',
    command: (program) => [program, '--server', '--forceflush'],
    peer: './peers/iperf3-peer.mjs',
  },
};

export const PEER_NAMES = Object.keys(PEERS);

/** The program that measures this stack, where it is not the row's. */
export const peerOf = (name) => PEERS[name]?.peer;

/**
 * Builds the peers that can be built here, each when its source is newer than its program.
 *
 * @param {string[]} names
 * @param {(text: string) => void} progress told what takes a while
 * @returns {{ commands: Record<string, (place: { stack: string }) => string[]>, missing: Record<string, string> }} `missing`: why
 */
export function findPeers(names, progress) {
  const found = { commands: {}, missing: {} };
  for (const name of names) {
    const { needs, install, build, command } = PEERS[name];
    if (!needs.every(isThere)) {
      found.missing[name] = install;
      continue;
    }
    try {
      const program = build(progress);
      found.commands[name] = (place) => command(program, place);
    } catch (error) {
      found.missing[name] = `it does not build here: ${error.message.split('\n')[0]}`;
    }
  }
  return found;
}

/** From the folder of that name. Debian's sources of Go lie in a GOPATH of their own. */
function buildGo(name, progress) {
  const [folder, program] = [here(`${name}/`), FOLDER + name];
  if (readdirSync(folder).every((file) => isNewer(program, folder + file))) return program;
  progress(`building ${name}: a minute or so, once`);
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' };
  const command = ['build', '-ldflags', '-s -w', '-o', program, '.'];
  execFileSync('go', command, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  return program;
}

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
