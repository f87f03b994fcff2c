/* tcp: connections of the kernel to the stack under measurement, as kpeer.c and kmany.c open and close them. */
#include <linux/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "peer.h"

static int port;

/* As many as this process may have, a million at most. */
static inline void allow_many_descriptors(void) {
  struct rlimit limit = {1 << 20, 1 << 20};
  if (!setrlimit(RLIMIT_NOFILE, &limit)) return;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static inline void bind_source(int fd) {
  int on = 1;
  struct sockaddr_in address = address_of(source_address, 0);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address)) die("bind");
}

/* A blocking socket is connected on return and gives up on any call after three seconds without progress. */
static inline int open_connection(int nonblocking) {
  int fd = socket(AF_INET, SOCK_STREAM | (nonblocking ? SOCK_NONBLOCK : 0), 0), on = 1;
  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (congestion && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, strlen(congestion)))
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4); /* a namespace may refuse any other */
  if (!nonblocking) {
    struct timeval patience = {3, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  if (source_address) bind_source(fd);
  struct sockaddr_in address = address_of(host, port);
  if (!connect(fd, (struct sockaddr *)&address, sizeof address) || (nonblocking && errno == EINPROGRESS)) return fd;
  if (errno == EINPROGRESS) errno = ETIMEDOUT; /* what the kernel says when the patience is over */
  die("connect");
}

/* Closes with RST: no FIN handshake, no TIME-WAIT left for the next run. */
static inline void close_hard(int fd) {
  struct linger now = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

static inline struct tcp_info info_of(int fd) {
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
  return info;
}
