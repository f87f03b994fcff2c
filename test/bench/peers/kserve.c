/*
 * kserve: the kernel's own TCP as a stack under measurement. Ports: 5001 sink, 5002 source, 5003 echo.
 *
 *   kserve ADDRESS
 *
 * Not for: TUN. It listens in a network namespace at the far end of a veth pair.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SINK_PORT = 5001, SOURCE_PORT, ECHO_PORT, EVENTS = 256, BACKLOG = 4096 };

static int poller;
static char buffer[1 << 18];

static void listen_on(const char *address, int port);
static void accept_all(int listener, int port);
static void serve(int fd, int port);

int main(int count, char **words) {
  if (count != 2) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  struct rlimit limit = {1 << 20, 1 << 20};
  setrlimit(RLIMIT_NOFILE, &limit);
  poller = epoll_create1(0);
  for (int port = SINK_PORT; port <= ECHO_PORT; port++) listen_on(words[1], port);
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      int fd = (int)events[i].data.u64, port = (events[i].data.u64 >> 32) & 0xffff;
      if (events[i].data.u64 >> 48) accept_all(fd, port);
      else serve(fd, port);
    }
  }
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* A listener is told from a connection by the bit above its port. */
static void watch(int fd, int port, uint32_t events, int listener) {
  uint64_t data = (uint64_t)listener << 48 | (uint64_t)port << 32 | (unsigned)fd;
  struct epoll_event event = {.events = events, .data.u64 = data};
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void listen_on(const char *address, int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, address, &own.sin_addr);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5)) setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  if (bind(fd, (struct sockaddr *)&own, sizeof own) || listen(fd, BACKLOG)) die("listen");
  watch(fd, port, EPOLLIN, 1);
}

static void accept_all(int listener, int port) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
    watch(fd, port, port == SOURCE_PORT ? EPOLLOUT : EPOLLIN, 0);
}

static void serve(int fd, int port) {
  ssize_t length = port == SOURCE_PORT ? send(fd, buffer, sizeof buffer, MSG_NOSIGNAL) : recv(fd, buffer, sizeof buffer, 0);
  if (length > 0 && port == ECHO_PORT) length = send(fd, buffer, length, MSG_NOSIGNAL);
  if (length == 0 || (length < 0 && errno != EAGAIN)) close(fd);
}
