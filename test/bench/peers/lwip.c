/*
 * lwip: lwIP as Debian packages it (liblwip-dev: with an operating system, core locking), on the TUN device at descriptor 3.
 * Ports: 5001 sink, 5002 source, 5003 echo; of datagrams 5007 sink, 5008 source (see kudp.c). Packets are read by the main thread, which takes the core's lock for each;
 * timers run in lwIP's own thread. The package fixes the segment size (1,460), the window and the size of the send buffer.
 *
 *   lwip ADDRESS
 */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "lwip/tcpip.h"
#include "lwip/udp.h"

enum { TUN_FD = 3, SINK_PORT = 5001, SOURCE_PORT, ECHO_PORT, DATAGRAM_SINK = 5007, DATAGRAM_SOURCE, PACKET = 65536, ENOUGH = 16384, KEPT_QUEUE = 64, BURST = 64 };

extern err_t ip4_input(struct pbuf *packet, struct netif *from);

static struct netif tun;
static unsigned char pattern[32768];
static volatile int started;

static void start(void *address);
static void pass_in(const unsigned char *packet, size_t length);

int main(int count, char **words) {
  static unsigned char packet[PACKET];
  if (count != 2) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  tcpip_init(start, words[1]);
  while (!started) usleep(1000);
  puts("ready");
  fflush(stdout);
  for (;;) {
    ssize_t length = read(TUN_FD, packet, sizeof packet);
    if (length > 0) {
      LOCK_TCPIP_CORE();
      pass_in(packet, length);
      UNLOCK_TCPIP_CORE();
    } else {
      struct pollfd waiting = {TUN_FD, POLLIN, 0};
      poll(&waiting, 1, -1);
    }
  }
}

/* -- device ------------------------------------------------------------------------------------------------------- */

static void pass_in(const unsigned char *packet, size_t length) {
  struct pbuf *copy = pbuf_alloc(PBUF_RAW, length, PBUF_RAM);
  if (!copy) return;
  memcpy(copy->payload, packet, length);
  if (ip4_input(copy, &tun) != ERR_OK) pbuf_free(copy);
}

static err_t pass_out(struct netif *to, struct pbuf *packet, const ip4_addr_t *next_hop) {
  static unsigned char whole[PACKET];
  (void)to, (void)next_hop;
  const void *bytes = packet->payload;
  if (packet->next) bytes = whole, pbuf_copy_partial(packet, whole, packet->tot_len, 0);
  return write(TUN_FD, bytes, packet->tot_len) < 0 ? ERR_IF : ERR_OK;
}

static err_t set_up(struct netif *device) {
  device->output = pass_out;
  device->mtu = TCP_MSS + 40;
  device->flags = NETIF_FLAG_LINK_UP | NETIF_FLAG_UP;
  return ERR_OK;
}

/* -- services ----------------------------------------------------------------------------------------------------- */

static void fill(struct tcp_pcb *to) {
  for (;;) {
    size_t room = tcp_sndbuf(to);
    if (room < ENOUGH || tcp_sndqueuelen(to) > TCP_SND_QUEUELEN - KEPT_QUEUE) break;
    if (tcp_write(to, pattern, room < sizeof pattern ? room : sizeof pattern, TCP_WRITE_FLAG_COPY) != ERR_OK) break;
  }
  tcp_output(to);
}

static err_t was_sent(void *port, struct tcp_pcb *to, u16_t length) {
  (void)port, (void)length;
  fill(to);
  return ERR_OK;
}

static err_t was_closed(struct tcp_pcb *by) {
  tcp_recv(by, NULL);
  tcp_sent(by, NULL);
  if (tcp_close(by) == ERR_OK) return ERR_OK;
  tcp_abort(by);
  return ERR_ABRT;
}

static err_t received(void *port, struct tcp_pcb *from, struct pbuf *data, err_t error) {
  (void)error;
  if (!data) return was_closed(from);
  if ((intptr_t)port == ECHO_PORT) {
    for (struct pbuf *part = data; part; part = part->next) tcp_write(from, part->payload, part->len, TCP_WRITE_FLAG_COPY);
    tcp_output(from);
  }
  tcp_recved(from, data->tot_len);
  pbuf_free(data);
  return ERR_OK;
}

static err_t accepted(void *port, struct tcp_pcb *from, err_t error) {
  (void)error;
  tcp_arg(from, port);
  tcp_recv(from, received);
  tcp_nagle_disable(from);
  if ((intptr_t)port != SOURCE_PORT) return ERR_OK;
  tcp_sent(from, was_sent);
  fill(from);
  return ERR_OK;
}

/* -- datagrams ---------------------------------------------------------------------------------------------------- */

static double milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
}

static void send_datagram(struct udp_pcb *from, const void *bytes, size_t length, const ip_addr_t *to, u16_t port) {
  struct pbuf *data = pbuf_alloc(PBUF_TRANSPORT, length, PBUF_RAM);
  if (!data) return;
  memcpy(data->payload, bytes, length);
  udp_sendto(from, data, to, port);
  pbuf_free(data);
}

static void count_datagram(void *none, struct udp_pcb *at, struct pbuf *data, const ip_addr_t *from, u16_t port) {
  static uint64_t received;
  (void)none;
  if (data->tot_len == 1) send_datagram(at, &received, sizeof received, from, port);
  else received++;
  pbuf_free(data);
}

static void send_for(void *none, struct udp_pcb *at, struct pbuf *data, const ip_addr_t *from, u16_t port) {
  uint32_t wanted[2] = {0};
  (void)none;
  pbuf_copy_partial(data, wanted, sizeof wanted, 0);
  pbuf_free(data);
  if (wanted[0] > sizeof pattern) return;
  for (double end = milliseconds() + wanted[1]; milliseconds() < end;)
    for (int i = 0; i < BURST; i++) send_datagram(at, pattern, wanted[0], from, port);
}

static void bind_datagrams(int port, udp_recv_fn handler) {
  struct udp_pcb *bound = udp_new();
  udp_bind(bound, IP_ADDR_ANY, port);
  udp_recv(bound, handler, NULL);
}

/* -- start -------------------------------------------------------------------------------------------------------- */

static void start(void *address) {
  ip4_addr_t own, mask, none = {0};
  ip4addr_aton(address, &own);
  IP4_ADDR(&mask, 255, 255, 0, 0);
  netif_add(&tun, &own, &mask, &none, NULL, set_up, netif_input);
  netif_set_default(&tun);
  for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = (unsigned char)i;
  for (intptr_t port = SINK_PORT; port <= ECHO_PORT; port++) {
    struct tcp_pcb *bound = tcp_new();
    tcp_bind(bound, IP_ADDR_ANY, port);
    struct tcp_pcb *listener = tcp_listen_with_backlog(bound, 255);
    tcp_arg(listener, (void *)port);
    tcp_accept(listener, accepted);
  }
  bind_datagrams(DATAGRAM_SINK, count_datagram);
  bind_datagrams(DATAGRAM_SOURCE, send_for);
  started = 1;
}
