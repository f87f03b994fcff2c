/*
 * tunexec: opens a TUN device as descriptor 3 (non-blocking), gives it an address, brings it up and runs a command.
 * So every stack of the bench gets its device from the same code, with the same queue.
 *
 *   tunexec -n name -i address -m mtu -q txqueuelen [-o] -- command arguments...
 *
 * -o turns offload on: IFF_VNET_HDR with a 10-byte header, TUNSETOFFLOAD with CSUM, TSO4 and TSO6.
 * The command finds TUN_MTU and TUN_OFFLOAD (0 or 1) in its environment. The netmask is always /16.
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
#include <unistd.h>

typedef struct {
  const char *name, *address;
  int mtu, queue, offload;
} options;

static options parse(int count, char **words);
static int open_tun(const options *wanted);
static void bring_up(const options *wanted);
static void export_number(const char *name, int value);
static void die(const char *what);

enum { TUN_FD = 3, VNET_HEADER = 10 };

int main(int count, char **words) {
  options wanted = parse(count, words);
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* the command outlives no runner, and so neither does the device */
  int fd = open_tun(&wanted);
  bring_up(&wanted);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  if (fd != TUN_FD) {
    dup2(fd, TUN_FD);
    close(fd);
  }
  export_number("TUN_MTU", wanted.mtu);
  export_number("TUN_OFFLOAD", wanted.offload);
  if (optind >= count) return 2;
  execvp(words[optind], words + optind);
  die(words[optind]);
}

static options parse(int count, char **words) {
  options wanted = {.name = "vitrine0", .address = "10.9.0.1", .mtu = 1500, .queue = 4096};
  for (int letter; (letter = getopt(count, words, "+n:i:m:q:o")) != -1;) switch (letter) {
      case 'n': wanted.name = optarg; break;
      case 'i': wanted.address = optarg; break;
      case 'm': wanted.mtu = atoi(optarg); break;
      case 'q': wanted.queue = atoi(optarg); break;
      case 'o': wanted.offload = 1; break;
      default: exit(2);
    }
  return wanted;
}

static int open_tun(const options *wanted) {
  int fd = open("/dev/net/tun", O_RDWR);
  if (fd < 0) die("/dev/net/tun");
  struct ifreq request = {0};
  strncpy(request.ifr_name, wanted->name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI | (wanted->offload ? IFF_VNET_HDR : 0);
  if (ioctl(fd, TUNSETIFF, &request) < 0) die("TUNSETIFF");
  int header = VNET_HEADER;
  if (wanted->offload && ioctl(fd, TUNSETVNETHDRSZ, &header) < 0) die("TUNSETVNETHDRSZ");
  unsigned offload = wanted->offload ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0;
  if (ioctl(fd, TUNSETOFFLOAD, offload) < 0) die("TUNSETOFFLOAD");
  return fd;
}

static void set_address(int control, const char *name, unsigned long command, const char *text) {
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
  address->sin_family = AF_INET;
  if (inet_pton(AF_INET, text, &address->sin_addr) != 1 || ioctl(control, command, &request) < 0) die(text);
}

static void bring_up(const options *wanted) {
  int control = socket(AF_INET, SOCK_DGRAM, 0);
  set_address(control, wanted->name, SIOCSIFADDR, wanted->address);
  set_address(control, wanted->name, SIOCSIFNETMASK, "255.255.0.0");
  struct ifreq request = {0};
  strncpy(request.ifr_name, wanted->name, IFNAMSIZ - 1);
  request.ifr_mtu = wanted->mtu;
  if (ioctl(control, SIOCSIFMTU, &request) < 0) die("SIOCSIFMTU");
  request.ifr_qlen = wanted->queue;
  if (ioctl(control, SIOCSIFTXQLEN, &request) < 0) die("SIOCSIFTXQLEN");
  if (ioctl(control, SIOCGIFFLAGS, &request) < 0) die("SIOCGIFFLAGS");
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  if (ioctl(control, SIOCSIFFLAGS, &request) < 0) die("SIOCSIFFLAGS");
  close(control);
}

static void export_number(const char *name, int value) {
  char text[16];
  snprintf(text, sizeof text, "%d", value);
  setenv(name, text, 1);
}

static void die(const char *what) {
  perror(what);
  exit(1);
}
