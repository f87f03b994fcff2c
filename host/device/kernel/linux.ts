/**
 * The few calls of Linux's C library that a TUN device needs, through koffi, and what its answers are called.
 * koffi is loaded when the first device is opened, so that nobody needs it for anything else.
 * Not for: what is done with them (`tuntap.ts`, `open.ts`).
 */
import { createRequire } from 'node:module';
import type koffiModule from 'koffi';
import { DeviceError } from '../device.js';

/** Answers are as in C: negative for an error, which `errno()` then tells. */
export interface Linux {
  open(path: string, flags: number): number;
  close(descriptor: number): number;
  socket(domain: number, type: number, protocol: number): number;
  eventfd(initial: number, flags: number): number;
  fcntl(descriptor: number, command: number, value: number): number;
  /** With a structure, which the kernel may fill. */
  ioctl(descriptor: number, request: number, structure: Uint8Array): number;
  /** With a number in the place of the structure. */
  ioctlValue(descriptor: number, request: number, value: number): number;
  /** `address` is one of this process, see `addressOf`. */
  read(descriptor: number, address: number, length: number): number;
  write(descriptor: number, address: number, length: number): number;
  /** Lets others that want this processor have it first. */
  yield(): number;
  /** `io_uring_setup(2)`. */
  ringSetup(entries: number, parameters: Uint32Array): number;
  /** `io_uring_register(2)`: the ring holds these files open, by their place in the list; with none it lets go of them. */
  ringFiles(ring: number, descriptors: Int32Array): number;
  /** `io_uring_enter(2)`, which waits for nothing. */
  ringEnter(ring: number, requests: number): number;
  /** Memory of the kernel that a descriptor shows at `offset`, to be read and written. Throws when it can't be had. */
  map(descriptor: number, offset: number, length: number): Mapping;
  /** The buffer must not be touched afterwards. */
  unmap(mapping: Mapping): void;
  /** Of the last call, as a positive number of `ERRNO`. */
  errno(): number;
  /** Where a buffer begins in this process. */
  addressOf(buffer: ArrayBufferLike): number;
}

export interface Mapping {
  readonly address: number;
  readonly buffer: ArrayBuffer;
}

/** @throws DeviceError `ERR_UNSUPPORTED_PLATFORM`, `ERR_KOFFI_MISSING` */
export function linux(): Linux {
  loaded ??= load();
  return loaded;
}

/** 'EAGAIN' for 11. */
export function errnoName(errno: number): string {
  return Object.entries(ERRNO).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
}

function load(): Linux {
  if (process.platform !== 'linux') {
    const message = `TUN devices are a thing of Linux, and this is ${process.platform}; use memoryWire() here`;
    throw new DeviceError('ERR_UNSUPPORTED_PLATFORM', message);
  }
  const koffi = loadKoffi();
  const libc = koffi.load(null);
  keepHeap(libc);
  return {
    open: libc.func('int open(const char *path, int flags)'),
    close: libc.func('int close(int fd)'),
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    eventfd: libc.func('int eventfd(uint initial, int flags)'),
    fcntl: libc.func('int fcntl(int fd, int command, int value)'),
    ioctl: libc.func('int ioctl(int fd, ulong request, void *structure)'),
    ioctlValue: libc.func('int ioctl(int fd, ulong request, uintptr_t value)'),
    read: libc.func('int64_t read(int fd, uintptr_t address, size_t length)'),
    write: libc.func('int64_t write(int fd, uintptr_t address, size_t length)'),
    yield: libc.func('int sched_yield()'),
    errno: () => koffi.errno(),
    addressOf: (buffer) => Number(koffi.address(buffer)),
    ...sharing(koffi, libc),
  };
}

/** What a ring needs; the C library has no names for its calls, whose numbers are the same on every architecture. */
function sharing(koffi: typeof koffiModule, libc: Library): Pick<Linux, Sharing> {
  const setup = libc.func('int64_t syscall(int64_t number, uint entries, void *parameters)');
  const register = libc.func(
    'int64_t syscall(int64_t number, int ring, uint operation, void *descriptors, uint count)',
  );
  const enter = libc.func(
    'int64_t syscall(int64_t number, int ring, uint requests, uint answers, uint flags, int64_t set, int64_t size)',
  );
  const mmap = libc.func(
    'int64_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, int64_t offset)',
  );
  const munmap = libc.func('int munmap(uintptr_t address, size_t length)');
  return {
    ringSetup: (entries, parameters) => setup(IO_URING_SETUP, entries, parameters),
    ringFiles: (ring, descriptors) => {
      const { length } = descriptors;
      return length > 0
        ? register(IO_URING_REGISTER, ring, REGISTER_FILES, descriptors, length)
        : register(IO_URING_REGISTER, ring, UNREGISTER_FILES, null, 0);
    },
    ringEnter: (ring, requests) => enter(IO_URING_ENTER, ring, requests, 0, 0, 0, 0),
    map: (descriptor, offset, length) => {
      const address = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, offset);
      if (address < 0) throw new RangeError('no mapping');
      return { address, buffer: koffi.view(address, length) };
    },
    unmap: ({ address, buffer }) => void munmap(address, buffer.byteLength),
  };
}

/**
 * The chunks that `data` handlers get come and go by the gigabyte. glibc gives freed memory back to the kernel at once and
 * has every page faulted in again, which can cost more than all the rest: so it is told to keep some, slabs of chunks
 * included. Other C libraries have no such call.
 */
function keepHeap(libc: Library): void {
  try {
    const mallopt = libc.func('int mallopt(int parameter, int value)');
    mallopt(M_TRIM_THRESHOLD, KEPT_HEAP);
    mallopt(M_TOP_PAD, KEPT_HEAP >> 2);
    mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT);
  } catch {
    // not glibc
  }
}

function loadKoffi(): typeof koffiModule {
  const require = createRequire(import.meta.url);
  try {
    return require('koffi') as typeof koffiModule;
  } catch (cause) {
    const message = 'a TUN device needs the package "koffi" (npm install koffi), which could not be loaded';
    throw new DeviceError('ERR_KOFFI_MISSING', message, { cause });
  }
}

/** errno values that devices tell apart; the same on every architecture that Node runs on under Linux. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EBADFD: 77,
  EOPNOTSUPP: 95,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
} as const;

type Library = ReturnType<typeof koffiModule.load>;
type Sharing = 'ringSetup' | 'ringFiles' | 'ringEnter' | 'map' | 'unmap';

const IO_URING_SETUP = 425;
const IO_URING_ENTER = 426;
const IO_URING_REGISTER = 427;
const REGISTER_FILES = 2;
const UNREGISTER_FILES = 3;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_POPULATE = 0x8000;
/** Bytes. */
const KEPT_HEAP = 256 << 20;
const LARGEST_KEPT = 1 << 20;
const M_TRIM_THRESHOLD = -1;
const M_TOP_PAD = -2;
const M_MMAP_THRESHOLD = -3;

let loaded: Linux | undefined;
