/*
 * kpeer: a program on the kernel's own TCP, the other side of every row of the bench. Prints one line of JSON.
 *
 *   kpeer source    sends as fast as it can for -t seconds                    (the stack's sink, port 5001)
 *   kpeer sink      receives for -t seconds                                   (the stack's source, port 5002)
 *   kpeer pingpong  one byte there and back, one at a time, for -t seconds    (the stack's echo, port 5003)
 *   kpeer connrate  opens, half-closes, waits for the other FIN and closes, -n times or -t seconds, -c at once
 *   kpeer idle      opens -n connections, prints a line, waits for a line on stdin, asks a sample for an echo, prints
 *
 * -p port; other options as in peer.h. A bulk mode's line says which congestion control was used.
 * Times are seconds, of the stack's process in all its threads (`stackCpu`) and of this one (`peerCpu`).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "tcp.h"

static int count = 10000, at_once = 1;

static char buffer[1 << 18];

static void run_source(void);
static void run_sink(void);
static void run_pingpong(void);
static void run_connrate(void);
static void run_idle(void);
static void parse(int words_count, char **words);

enum { SINK_PORT = 5001, SOURCE_PORT = 5002, ECHO_PORT = 5003, EVENTS = 256, OPENING_AT_ONCE = 64 };

static const struct {
  const char *name;
  int port;
  void (*run)(void);
} modes[] = {
    {"source", SINK_PORT, run_source},     {"sink", SOURCE_PORT, run_sink}, {"pingpong", ECHO_PORT, run_pingpong},
    {"connrate", SINK_PORT, run_connrate}, {"idle", ECHO_PORT, run_idle},
};

int main(int words_count, char **words) {
  if (words_count < 2) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  parse(words_count, words);
  allow_many_descriptors();
  for (size_t i = 0; i < sizeof buffer; i++) buffer[i] = (char)(i * 7);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (strcmp(words[1], modes[i].name)) continue;
    if (!port) port = modes[i].port;
    modes[i].run();
    return 0;
  }
  return 2;
}

static void parse(int words_count, char **words) {
  optind = 2;
  for (int letter; (letter = getopt(words_count, words, PEER_OPTIONS "p:n:c:")) != -1;) switch (letter) {
      case 'p': port = atoi(optarg); break;
      case 'n': count = atoi(optarg); break;
      case 'c': at_once = atoi(optarg); break;
      default:
        if (!take_option(letter)) exit(2);
    }
}

/* -- bulk --------------------------------------------------------------------------------------------------------- */

static void print_bulk(int fd, const stopwatch *watch, double end, uint64_t bytes) {
  char used[32] = "?";
  socklen_t size = sizeof used;
  getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, used, &size);
  struct tcp_info info = info_of(fd);
  printf("{");
  print_times(watch, end);
  printf(",\"bytes\":%lu,\"congestion\":\"%s\",\"retransmits\":%u,\"mss\":%u,\"segmentsOut\":%u,\"segmentsIn\":%u}\n",
         bytes, used, info.tcpi_total_retrans, info.tcpi_snd_mss, info.tcpi_segs_out, info.tcpi_segs_in);
}

static void run_source(void) {
  int fd = open_connection(0);
  stopwatch watch = start();
  while (running(&watch))
    if (send(fd, buffer, 1 << 17, MSG_NOSIGNAL) < 0 && errno != EAGAIN) die("send");
  uint64_t acknowledged = info_of(fd).tcpi_bytes_acked;
  print_bulk(fd, &watch, now(), acknowledged);
  close_hard(fd);
}

static void run_sink(void) {
  int fd = open_connection(0);
  uint64_t bytes = 0;
  stopwatch watch = start();
  while (running(&watch)) {
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got > 0) bytes += got;
    else if (got == 0) die("the stack closed");
    else if (errno != EAGAIN) die("recv");
  }
  print_bulk(fd, &watch, now(), bytes);
  close_hard(fd);
}

/* -- latency ------------------------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return x < y ? -1 : x > y;
}

static void run_pingpong(void) {
  int fd = open_connection(0);
  size_t limit = 4000000, trips = 0;
  float *times = malloc(limit * sizeof *times);
  char byte = 'x';
  stopwatch watch = start();
  while (running(&watch) && trips < limit) {
    double sent = now();
    if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1) die("send");
    if (recv(fd, &byte, 1, 0) != 1) die("recv");
    times[trips++] = (float)(now() - sent);
  }
  double end = now();
  printf("{");
  print_times(&watch, end);
  qsort(times, trips, sizeof *times, compare);
  printf(",\"trips\":%zu,\"p50\":%.9f,\"p99\":%.9f,\"max\":%.9f}\n", trips, times[trips / 2], times[trips * 99 / 100],
         times[trips - 1]);
  close_hard(fd);
}

/* -- connections -------------------------------------------------------------------------------------------------- */

static void watch_for(int poller, int operation, int fd, uint32_t events, int half_closed) {
  struct epoll_event event = {.events = events, .data.u64 = ((uint64_t)half_closed << 32) | (unsigned)fd};
  epoll_ctl(poller, operation, fd, &event);
}

/* Answers 1 when the connection is over, well or badly. */
static int advance(int poller, const struct epoll_event *event, int *failed) {
  int fd = (int)event->data.u64, half_closed = event->data.u64 >> 32;
  if (!half_closed && !(event->events & EPOLLERR)) {
    shutdown(fd, SHUT_WR);
    watch_for(poller, EPOLL_CTL_MOD, fd, EPOLLIN, 1);
    return 0;
  }
  char byte;
  if ((event->events & EPOLLERR) || recv(fd, &byte, 1, 0) != 0) ++*failed;
  close(fd);
  return 1;
}

static int connect_many(const stopwatch *watch, int *failed) {
  int poller = epoll_create1(0), started = 0, done = 0;
  struct epoll_event events[EVENTS];
  while (done < count && running(watch)) {
    for (; started - done < at_once && started < count; started++)
      watch_for(poller, EPOLL_CTL_ADD, open_connection(1), EPOLLOUT | EPOLLIN | EPOLLET, 0);
    int ready = epoll_wait(poller, events, EVENTS, 1000);
    for (int i = 0; i < ready; i++) done += advance(poller, &events[i], failed);
  }
  return done;
}

static int connect_one_by_one(const stopwatch *watch, int *failed) {
  int done = 0;
  for (; done < count && running(watch); done++) {
    int fd = open_connection(0);
    char byte;
    shutdown(fd, SHUT_WR);
    if (recv(fd, &byte, 1, 0) != 0) ++*failed;
    close(fd);
  }
  return done;
}

static void run_connrate(void) {
  int failed = 0;
  stopwatch watch = start();
  int done = at_once > 1 ? connect_many(&watch, &failed) : connect_one_by_one(&watch, &failed);
  double end = now();
  printf("{");
  print_times(&watch, end);
  printf(",\"connections\":%d,\"failed\":%d}\n", done, failed);
}

static int open_idle(int *fds, int *failed) {
  int poller = epoll_create1(0), started = 0, up = 0;
  struct epoll_event events[EVENTS];
  double begin = now();
  while (up + *failed < count && now() - begin < 60) {
    for (; started - up - *failed < OPENING_AT_ONCE && started < count; started++) {
      fds[started] = open_connection(1);
      watch_for(poller, EPOLL_CTL_ADD, fds[started], EPOLLOUT, 0);
    }
    int ready = epoll_wait(poller, events, EVENTS, 1000);
    for (int i = 0; i < ready; i++) {
      if (events[i].events & (EPOLLERR | EPOLLHUP)) ++*failed;
      else up++;
      epoll_ctl(poller, EPOLL_CTL_DEL, (int)events[i].data.u64, 0);
    }
  }
  return up;
}

static int echoes(int fd) {
  char byte = 'q';
  struct timeval patience = {3, 0};
  fcntl(fd, F_SETFL, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1;
}

static void run_idle(void) {
  int *fds = calloc(count, sizeof *fds), failed = 0, sampled = 0, echoed = 0;
  double begin = now();
  int up = open_idle(fds, &failed);
  printf("{\"up\":%d,\"failed\":%d,\"seconds\":%.3f}\n", up, failed, now() - begin);
  fflush(stdout);
  if (!fgets(buffer, sizeof buffer, stdin)) exit(1);
  for (int i = 0; i < count && fds[i]; i += count / 50 + 1, sampled++) echoed += echoes(fds[i]);
  printf("{\"sampled\":%d,\"echoed\":%d}\n", sampled, echoed);
  for (int i = 0; i < count && fds[i]; i++) close_hard(fds[i]);
}
