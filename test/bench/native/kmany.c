/*
 * kmany: many connections of the kernel's TCP at once, the other side of the row of workers. Prints one line of JSON.
 *
 *   kmany source   sends on all of them as fast as it can for -t seconds          (the stack's sink, port 5001)
 *   kmany sink     receives on all of them                                        (the stack's source, port 5002)
 *   kmany ask      has a question of 64 bytes on its way on each, again and again  (the stack's echo, port 5003)
 *
 * -c connections; other options as in peer.h.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "tcp.h"

enum { SINK_PORT = 5001, SOURCE_PORT = 5002, ECHO_PORT = 5003, MANY = 256, QUESTION = 64, PIECE = 1 << 17 };

static char buffer[1 << 18];
static int fds[MANY], count = 16, poller;

static void run(void (*serve)(int fd), uint32_t events);
static void send_some(int fd);
static void receive_some(int fd);
static void ask_again(int fd);
static void print(const stopwatch *watch);

/* Bytes received, or questions answered. */
static uint64_t done;

int main(int words_count, char **words) {
  if (words_count < 2) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  optind = 2;
  for (int letter; (letter = getopt(words_count, words, PEER_OPTIONS "c:")) != -1;)
    if (letter == 'c') count = atoi(optarg) < MANY ? atoi(optarg) : MANY;
    else if (!take_option(letter)) return 2;
  if (!strcmp(words[1], "source")) port = SINK_PORT, run(send_some, EPOLLOUT);
  else if (!strcmp(words[1], "sink")) port = SOURCE_PORT, run(receive_some, EPOLLIN);
  else if (!strcmp(words[1], "ask")) port = ECHO_PORT, run(ask_again, EPOLLIN);
  else return 2;
}

static void run(void (*serve)(int fd), uint32_t wanted) {
  struct epoll_event events[MANY];
  poller = epoll_create1(0);
  for (int i = 0; i < count; i++) {
    struct epoll_event event = {.events = wanted, .data.fd = fds[i] = open_connection(0)};
    epoll_ctl(poller, EPOLL_CTL_ADD, fds[i], &event);
  }
  stopwatch watch = start();
  if (port == ECHO_PORT)
    for (int i = 0; i < count; i++) send(fds[i], buffer, QUESTION, MSG_NOSIGNAL);
  while (running(&watch)) {
    int ready = epoll_wait(poller, events, MANY, 1000);
    for (int i = 0; i < ready; i++) serve(events[i].data.fd);
  }
  print(&watch);
  for (int i = 0; i < count; i++) close_hard(fds[i]);
}

static void send_some(int fd) {
  if (send(fd, buffer, PIECE, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) die("send");
}

static void receive_some(int fd) {
  ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got > 0) done += got;
  else if (got == 0 || errno != EAGAIN) die("recv");
}

static void ask_again(int fd) {
  if (recv(fd, buffer, QUESTION, MSG_WAITALL) != QUESTION) die("recv");
  done++;
  if (send(fd, buffer, QUESTION, MSG_NOSIGNAL) != QUESTION) die("send");
}

static void print(const stopwatch *watch) {
  double end = now();
  for (int i = 0; i < count && port == SINK_PORT; i++) done += info_of(fds[i]).tcpi_bytes_acked;
  printf("{");
  print_times(watch, end);
  printf(",\"%s\":%lu}\n", port == ECHO_PORT ? "requests" : "bytes", done);
}
