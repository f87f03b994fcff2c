/*
 * forward: what the forwarding row needs in C.
 *
 *   forward raw NAME NAME           opens two TUN devices and writes to the second what it reads from the first: no look at a
 *                                   packet, so what the devices and the kernel allow. Says "ready".
 *   forward blast ADDRESS BYTES S   sends UDP datagrams with so many bytes of data for S seconds, as fast as it can
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 65536, BURST = 64 };

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int open_tun(const char *name) {
  int fd = open("/dev/net/tun", O_RDWR);
  if (fd < 0) die("/dev/net/tun");
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) < 0) die(name);
  return fd;
}

static void raw(const char *from, const char *to) {
  static unsigned char packet[PACKET];
  int in = open_tun(from), out = open_tun(to);
  puts("ready");
  fflush(stdout);
  for (;;) {
    ssize_t length = read(in, packet, sizeof packet);
    if (length < 0) die("read");
    if (write(out, packet, length) < 0) continue; /* the device is not up yet: like a cable that is out */
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int blast(const char *address, int size, double seconds) {
  static unsigned char data[PACKET];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
  if (inet_pton(AF_INET, address, &to.sin_addr) != 1) die(address);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
  struct iovec bytes = {data, size};
  struct mmsghdr many[BURST] = {0};
  for (int i = 0; i < BURST; i++) many[i].msg_hdr.msg_iov = &bytes, many[i].msg_hdr.msg_iovlen = 1;
  for (double end = now() + seconds; now() < end;) sendmmsg(fd, many, BURST, 0);
  return 0;
}

int main(int count, char **words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (count == 4 && strcmp(words[1], "raw") == 0) raw(words[2], words[3]);
  if (count == 5 && strcmp(words[1], "blast") == 0) return blast(words[2], atoi(words[3]), atof(words[4]));
  return 2;
}
