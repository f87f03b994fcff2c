/*
 * kudp: datagrams from and to the kernel, the other side of the rows of UDP. Prints one line of JSON.
 *
 *   kudp source -b BYTES   sends datagrams of so many bytes as fast as it can for -t seconds   (the stack's sink, port 5007)
 *   kudp sink -b BYTES     asks for such datagrams, and counts them                            (the stack's source, port 5008)
 *
 * A datagram of one byte asks the sink how many others it has had: it answers with eight, the least first. Eight bytes, the
 * size and the time in milliseconds, tell the source what to send.
 *
 * -h address of the stack   -s source address   -P process id of the stack, whose CPU time is reported   (-C is for TCP)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SINK_PORT = 5007, SOURCE_PORT = 5008, BURST = 64, PACKET = 65536, BUFFER = 16 << 20 };
enum { QUESTIONS = 1500, PATIENCE = 2000, SILENCE = 100000 }; /* how often it asks, and how long it waits, in µs */

static const char *host = "10.9.0.2", *source_address = "10.9.0.1";
static int size = 64;
static pid_t stack_process;
static double seconds = 3;

static int open_socket(int port);
static void run_source(void);
static void run_sink(void);

int main(int count, char **words) {
  if (count < 2) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  optind = 2;
  for (int letter; (letter = getopt(count, words, "h:s:P:t:C:b:")) != -1;) switch (letter) {
      case 'h': host = optarg; break;
      case 's': source_address = optarg; break;
      case 'P': stack_process = atoi(optarg); break;
      case 't': seconds = atof(optarg); break;
      case 'b': size = atoi(optarg); break;
      case 'C': break;
      default: return 2;
    }
  if (strcmp(words[1], "source") == 0) run_source();
  else if (strcmp(words[1], "sink") == 0) run_sink();
  else return 2;
}

static _Noreturn void die(const char *what) {
  printf("{\"error\":\"%s: %s\"}\n", what, strerror(errno));
  exit(1);
}

static double read_clock(clockid_t clock) {
  struct timespec time;
  return clock_gettime(clock, &time) ? 0 : time.tv_sec + time.tv_nsec * 1e-9;
}

static double now(void) { return read_clock(CLOCK_MONOTONIC); }

static double stack_cpu(void) {
  clockid_t clock;
  return stack_process && !clock_getcpuclockid(stack_process, &clock) ? read_clock(clock) : 0;
}

static struct sockaddr_in address_of(const char *text, int number) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(number)};
  inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

static void wait_at_most(int fd, int microseconds) {
  struct timeval patience = {microseconds / 1000000, microseconds % 1000000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static int open_socket(int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), bytes = BUFFER;
  struct sockaddr_in own = address_of(source_address, 0), peer = address_of(host, port);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  if (bind(fd, (struct sockaddr *)&own, sizeof own)) die("bind");
  if (port == SINK_PORT && connect(fd, (struct sockaddr *)&peer, sizeof peer)) die("connect");
  return fd;
}

static void fill(struct mmsghdr *many, struct iovec *parts, unsigned char *bytes, size_t step, int length) {
  for (int i = 0; i < BURST; i++) {
    parts[i] = (struct iovec){bytes + i * step, length};
    many[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
  }
}

/* The question may be lost as any other datagram: it is asked until it is answered. */
static uint64_t count_of(int fd) {
  uint64_t count;
  wait_at_most(fd, PATIENCE);
  for (int asked = 0; asked < QUESTIONS; asked++) {
    send(fd, "?", 1, 0);
    if (recv(fd, &count, sizeof count, 0) != sizeof count) continue;
    while (recv(fd, &(uint64_t){0}, sizeof count, MSG_DONTWAIT) > 0);
    return count;
  }
  errno = ETIMEDOUT;
  die("the sink");
}

static void print(double took, double cpu, uint64_t packets) {
  printf("{\"seconds\":%.6f,\"stackCpu\":%.6f,\"packets\":%lu}\n", took, cpu, packets);
}

static void run_source(void) {
  static unsigned char bytes[PACKET];
  struct mmsghdr many[BURST];
  struct iovec parts[BURST];
  int fd = open_socket(SINK_PORT);
  fill(many, parts, bytes, 0, size);
  uint64_t before = count_of(fd);
  double begin = now(), cpu = stack_cpu();
  while (now() - begin < seconds)
    if (sendmmsg(fd, many, BURST, 0) < 0 && errno != ENOBUFS) die("sendmmsg");
  uint64_t packets = count_of(fd) - before;
  print(now() - begin, stack_cpu() - cpu, packets);
}

static void run_sink(void) {
  static unsigned char bytes[BURST << 11];
  struct mmsghdr many[BURST];
  struct iovec parts[BURST];
  int fd = open_socket(SOURCE_PORT);
  fill(many, parts, bytes, 1 << 11, 1 << 11);
  struct sockaddr_in stack = address_of(host, SOURCE_PORT);
  uint32_t wanted[2] = {size, seconds * 1000};
  double cpu = stack_cpu(), begin = 0, end = 0;
  uint64_t packets = 0;
  wait_at_most(fd, SILENCE);
  if (sendto(fd, wanted, sizeof wanted, 0, (struct sockaddr *)&stack, sizeof stack) < 0) die("sendto");
  for (int got; (got = recvmmsg(fd, many, BURST, MSG_WAITFORONE, NULL)) > 0; end = now()) {
    if (!packets) begin = now();
    packets += got;
  }
  errno = ETIMEDOUT;
  if (!packets) die("the source");
  print(end - begin, stack_cpu() - cpu, packets);
}
