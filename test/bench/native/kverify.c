/*
 * kverify: connections of the kernel's over which bytes go both ways at once, every one of them compared at its place. The
 * other side is looked at, not measured: test/interop/endurance.ts. Prints one line of JSON.
 *
 *   kverify -n connections -c at once -u bytes sent on each -d bytes that come on each -p port
 *
 * When a connection has sent and got everything it ends; every second one, to the port above -p, leaves that to the other side.
 * -t: seconds without an event after which it gives up; other options as in peer.h.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "tcp.h"

/* BLOCK: a length that no size of a segment or buffer divides. */
enum { BLOCK = 1000003, STEP = 15, PIECE = 1 << 18, EVENTS = 256, OPENING = 256 };

typedef struct {
  int fd, open, waits_for_end, shut, ended;
  /* Where its bytes begin in the content: elsewhere than those of others. */
  int begin;
  int64_t sent, got;
} stream;

static char content[BLOCK], arrived[PIECE];
static int64_t up = 100, down = 100, all_sent, all_got, fault_at;
static int count = 1, at_once = 1, poller, opening, done, faults;
static const char *first_fault = "";

static void parse(int words_count, char **words);
static void prepare(void);
static void open_stream(stream *s, int number);
static void advance(stream *s, uint32_t events);

int main(int words_count, char **words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  parse(words_count, words);
  prepare();
  stream *streams = calloc(count, sizeof *streams);
  stopwatch watch = start();
  double moved = now();
  for (int started = 0; done < count;) {
    for (; started < count && started - done < at_once && opening < OPENING; started++)
      open_stream(&streams[started], started);
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, 1000);
    if (ready > 0) moved = now();
    else if (now() - moved > seconds) errno = ETIMEDOUT, die("nothing moves");
    for (int i = 0; i < ready; i++) advance(events[i].data.ptr, events[i].events);
  }
  printf("{");
  print_times(&watch, now());
  printf(",\"connections\":%d,\"faults\":%d,\"firstFault\":\"%s\",\"faultAt\":%ld,\"sent\":%ld,\"got\":%ld}\n", done,
         faults, first_fault, fault_at, all_sent, all_got);
}

static void parse(int words_count, char **words) {
  for (int letter; (letter = getopt(words_count, words, PEER_OPTIONS "p:n:c:u:d:")) != -1;) switch (letter) {
      case 'p': port = atoi(optarg); break;
      case 'n': count = atoi(optarg); break;
      case 'c': at_once = atoi(optarg); break;
      case 'u': up = atoll(optarg); break;
      case 'd': down = atoll(optarg); break;
      default:
        if (!take_option(letter)) exit(2);
    }
}

static void prepare(void) {
  for (int at = 0; at < BLOCK; at++) content[at] = (char)((uint32_t)(at + 1) * 0x9e3779b1u >> 24);
  allow_many_descriptors();
  if ((poller = epoll_create1(0)) < 0) die("epoll_create1");
}

static void watch_for(stream *s, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = s};
  if (epoll_ctl(poller, operation, s->fd, &event)) die("epoll_ctl");
}

static void open_stream(stream *s, int number) {
  int first = port;
  port += number & 1;
  s->waits_for_end = number & 1;
  s->fd = open_connection(1);
  port = first;
  opening++;
  watch_for(s, EPOLL_CTL_ADD, EPOLLOUT);
}

static void finish(stream *s, const char *fault) {
  if (fault && !faults++) first_fault = fault, fault_at = s->got;
  if (!s->open) opening--;
  if (fault) close_hard(s->fd);
  else close(s->fd);
  all_sent += s->sent;
  all_got += s->got;
  done++;
}

/* The local port is known once it is connected, and is the same to the other side. */
static void opened(stream *s) {
  struct sockaddr_in own;
  socklen_t size = sizeof own;
  getsockname(s->fd, (struct sockaddr *)&own, &size);
  s->begin = ntohs(own.sin_port) * STEP;
  s->open = 1;
  opening--;
  watch_for(s, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static const char *send_some(stream *s) {
  int64_t from = (s->begin + s->sent) % BLOCK;
  ssize_t taken = send(s->fd, content + from, least(least(PIECE, BLOCK - from), up - s->sent), MSG_NOSIGNAL);
  if (taken < 0) return errno == EAGAIN ? NULL : strerror(errno);
  s->sent += taken;
  if (s->sent == up) watch_for(s, EPOLL_CTL_MOD, EPOLLIN);
  return NULL;
}

static const char *check(stream *s, ssize_t length) {
  if (s->got + length > down) return "more came than was sent";
  for (ssize_t at = 0, part; at < length; at += part, s->got += part) {
    int64_t from = (s->begin + s->got) % BLOCK;
    part = least(length - at, BLOCK - from);
    if (memcmp(arrived + at, content + from, part)) return "other bytes came than were sent";
  }
  return NULL;
}

static const char *receive_some(stream *s) {
  ssize_t length = recv(s->fd, arrived, PIECE, 0);
  if (length < 0) return errno == EAGAIN ? NULL : strerror(errno);
  s->ended = length == 0;
  return check(s, length);
}

static void advance(stream *s, uint32_t events) {
  const char *fault = NULL;
  if (!s->open) opened(s);
  if (events & EPOLLOUT && s->sent < up) fault = send_some(s);
  if (!fault && events & (EPOLLIN | EPOLLERR | EPOLLHUP)) fault = receive_some(s);
  int complete = s->got == down && s->sent == up;
  if (!fault && s->ended && !complete) fault = "it ended early";
  if (fault || s->ended) finish(s, fault);
  else if (complete && !s->waits_for_end && !s->shut) s->shut = !shutdown(s->fd, SHUT_WR);
}
