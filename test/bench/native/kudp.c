/*
 * kudp: datagrams from and to the kernel, the other side of the rows of UDP. Prints one line of JSON.
 *
 *   kudp source -b BYTES   sends datagrams of so many bytes as fast as it can for -t seconds   (the stack's sink, port 5007)
 *   kudp sink -b BYTES     asks for such datagrams, and counts them                            (the stack's source, port 5008)
 *
 * A datagram of one byte asks the sink how many others it has had: it answers with eight, the least first. Eight bytes, the
 * size and the time in milliseconds, tell the source what to send.
 *
 * Other options as in peer.h; -C is for TCP.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "peer.h"

enum { SINK_PORT = 5007, SOURCE_PORT = 5008, BURST = 64, PACKET = 65536, BUFFER = 16 << 20 };
/* How often it asks, and how long it waits in µs: for an answer, for the first datagram of many, and for the next. */
enum { QUESTIONS = 1500, PATIENCE = 2000, FIRST = 3000000, SILENCE = 100000 };

static int size = 64;

static int open_socket(int port);
static void run_source(void);
static void run_sink(void);

int main(int count, char **words) {
  if (count < 2) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  source_address = "10.9.0.1";
  optind = 2;
  for (int letter; (letter = getopt(count, words, PEER_OPTIONS "b:")) != -1;)
    if (letter == 'b') size = atoi(optarg);
    else if (!take_option(letter)) return 2;
  if (strcmp(words[1], "source") == 0) run_source();
  else if (strcmp(words[1], "sink") == 0) run_sink();
  else return 2;
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

static void print(const stopwatch *watch, double end, uint64_t packets) {
  printf("{");
  print_times(watch, end);
  printf(",\"packets\":%lu}\n", packets);
}

static void run_source(void) {
  static unsigned char bytes[PACKET];
  struct mmsghdr many[BURST];
  struct iovec parts[BURST];
  int fd = open_socket(SINK_PORT);
  fill(many, parts, bytes, 0, size);
  uint64_t before = count_of(fd);
  stopwatch watch = start();
  while (running(&watch))
    if (sendmmsg(fd, many, BURST, 0) < 0 && errno != ENOBUFS) die("sendmmsg");
  uint64_t packets = count_of(fd) - before;
  print(&watch, now(), packets);
}

static void run_sink(void) {
  static unsigned char bytes[BURST << 11];
  struct mmsghdr many[BURST];
  struct iovec parts[BURST];
  int fd = open_socket(SOURCE_PORT);
  fill(many, parts, bytes, 1 << 11, 1 << 11);
  struct sockaddr_in stack = address_of(host, SOURCE_PORT);
  uint32_t wanted[2] = {size, seconds * 1000};
  stopwatch watch = start();
  double end = 0;
  uint64_t packets = 0;
  wait_at_most(fd, FIRST);
  if (sendto(fd, wanted, sizeof wanted, 0, (struct sockaddr *)&stack, sizeof stack) < 0) die("sendto");
  for (int got; (got = recvmmsg(fd, many, BURST, MSG_WAITFORONE, NULL)) > 0; end = now()) {
    if (!packets) watch.start = now(), wait_at_most(fd, SILENCE);
    packets += got;
  }
  errno = ETIMEDOUT;
  if (!packets) die("the source");
  print(&watch, end, packets);
}
