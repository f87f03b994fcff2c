/*
 * rawtun: the least that can be called a TCP endpoint, in C, on the TUN device at descriptor 3 (see tunexec.c). It marks
 * what the machine and its kernel allow. Ports: 5001 sink, 5002 source, 5003 echo. Any destination address is its own.
 *
 *   rawtun [-a N]   acknowledge every N data segments, and whenever the device is drained (default 2)
 *
 * Not a stack: no reassembly, no congestion control, no timers but one to send again, no checks of what comes in.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { TUN_FD = 3, VNET = 10, IP = 20, TCP = 20, SYN_OPTIONS = 8, PACKET = 70000, MANY = 256 };
enum { SOURCE_PORT = 5002, ECHO_PORT = 5003 };
enum { WINDOW = 4096, WINDOW_SHIFT = 10, BURST = 64, TSO_SEGMENTS = 44, RESEND_AFTER = 200 };

typedef struct {
  uint32_t local_address, remote_address, rcv_nxt, snd_nxt, snd_una, snd_wnd, acknowledged;
  uint16_t local_port, remote_port, unacknowledged;
  uint8_t shift, open, finished;
  uint64_t progress;
} connection;

typedef struct {
  connection *of[MANY];
  int count;
} list;

/* By the last byte of the remote address, then by remote port. */
static connection **table[256];
static list sources, owing;
static int offload, mss, ack_every = 2;
static uint64_t payload_sum;
static unsigned char in[PACKET] __attribute__((aligned(64))), out[PACKET] __attribute__((aligned(64))), payload[PACKET];

static void receive(unsigned char *ip, int length);
static void drained(void);

int main(int count, char **words) {
  for (int letter; (letter = getopt(count, words, "a:")) != -1;)
    if (letter == 'a') ack_every = atoi(optarg);
  offload = atoi(getenv("TUN_OFFLOAD") ?: "0");
  mss = atoi(getenv("TUN_MTU") ?: "1500") - IP - TCP;
  int header = offload ? VNET : 0;
  puts("ready");
  fflush(stdout);
  for (;;) {
    ssize_t length = read(TUN_FD, in + VNET - header, PACKET - VNET);
    if (length >= 0) {
      receive(in + VNET, (int)length - header);
    } else if (errno == EAGAIN) {
      drained();
    } else {
      perror("read");
      return 1;
    }
  }
}

/* -- helpers ------------------------------------------------------------------------------------------------------ */

static uint64_t milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000ull + time.tv_nsec / 1000000;
}

static uint64_t sum(const unsigned char *at, size_t length) {
  uint64_t total = 0;
  for (; length >= 8; at += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    total += word;
    if (total < word) total++;
  }
  if (length) {
    uint64_t word = 0;
    memcpy(&word, at, length);
    total += word;
    if (total < word) total++;
  }
  return total;
}

static uint16_t fold(uint64_t total) {
  total = (total & 0xffffffff) + (total >> 32);
  total = (total & 0xffffffff) + (total >> 32);
  total = (total & 0xffff) + (total >> 16);
  total = (total & 0xffff) + (total >> 16);
  return (uint16_t)((total & 0xffff) + (total >> 16));
}

static void put16(unsigned char *at, uint16_t value) { memcpy(at, &(uint16_t){htons(value)}, 2); }
static void put32(unsigned char *at, uint32_t value) { memcpy(at, &(uint32_t){htonl(value)}, 4); }
static uint16_t get16(const unsigned char *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static uint32_t get32(const unsigned char *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }

static void add(list *into, connection *one) {
  for (int i = 0; i < into->count; i++)
    if (into->of[i] == one) return;
  if (into->count < MANY) into->of[into->count++] = one;
}

static void take(list *from, connection *one) {
  for (int i = 0; i < from->count; i++)
    if (from->of[i] == one) from->of[i--] = from->of[--from->count];
}

static void forget(connection **slot) {
  take(&sources, *slot);
  take(&owing, *slot);
  free(*slot);
  *slot = NULL;
}

/* -- sending ------------------------------------------------------------------------------------------------------ */

/* Offload leaves the device to finish the checksum and to cut what is longer than one segment. */
static void fill_vnet_header(unsigned char *tcp, uint64_t pseudo_sum, size_t length) {
  struct virtio_net_hdr *header = (void *)out;
  memset(header, 0, VNET);
  if (!length) return;
  header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
  header->csum_start = IP;
  header->csum_offset = 16;
  uint16_t partial = fold(pseudo_sum);
  memcpy(tcp + 16, &partial, 2);
  if (length <= (size_t)mss) return;
  header->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
  header->gso_size = mss;
  header->hdr_len = IP + TCP;
}

static void fill_headers(const connection *c, int flags, const unsigned char *data, size_t length) {
  unsigned char *ip = out + VNET, *tcp = ip + IP;
  int header = flags & SYN ? TCP + SYN_OPTIONS : TCP;
  memcpy(ip, (unsigned char[IP]){0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6}, IP);
  put16(ip + 2, IP + header + length);
  memcpy(ip + 12, &c->local_address, 4);
  memcpy(ip + 16, &c->remote_address, 4);
  uint16_t checksum = ~fold(sum(ip, IP));
  memcpy(ip + 10, &checksum, 2);

  memset(tcp, 0, TCP);
  put16(tcp, c->local_port);
  put16(tcp + 2, c->remote_port);
  put32(tcp + 4, c->snd_nxt);
  put32(tcp + 8, c->rcv_nxt);
  tcp[12] = header << 2;
  tcp[13] = flags;
  put16(tcp + 14, flags & SYN ? 65535 : WINDOW);
  if (flags & SYN) memcpy(tcp + 20, (unsigned char[]){2, 4, mss >> 8, mss & 255, 1, 3, 3, WINDOW_SHIFT}, SYN_OPTIONS);

  uint64_t pseudo = htons(6) + (uint64_t)htons(header + length) + fold(sum(ip + 12, 8));
  if (offload) fill_vnet_header(tcp, pseudo, length);
  if (offload && length) return;
  uint64_t text = data == payload ? payload_sum : sum(data, length);
  checksum = ~fold(pseudo + fold(sum(tcp, header)) + fold(text));
  memcpy(tcp + 16, &checksum, 2);
}

static int send_segment(connection *c, int flags, const unsigned char *data, size_t length) {
  fill_headers(c, flags, data, length);
  size_t headers = IP + TCP + (flags & SYN ? SYN_OPTIONS : 0), before = offload ? VNET : 0;
  struct iovec parts[2] = {{out + VNET - before, before + headers}, {(void *)data, length}};
  ssize_t wrote = length ? writev(TUN_FD, parts, 2) : write(TUN_FD, parts[0].iov_base, parts[0].iov_len);
  if (wrote < 0) return 0;
  c->snd_nxt += length + (flags & (SYN | FIN) ? 1 : 0);
  c->acknowledged = c->rcv_nxt;
  c->unacknowledged = 0;
  return 1;
}

/* The payload never changes, so its checksum is computed once: this is a limit, not a stack. */
static int pump(connection *c) {
  size_t chunk = offload ? (size_t)mss * TSO_SEGMENTS : (size_t)mss;
  if (chunk > 65000) chunk = 65000 / mss * mss;
  if (!payload_sum) {
    for (size_t i = 0; i < sizeof payload; i++) payload[i] = (unsigned char)i;
    payload_sum = sum(payload, mss);
  }
  int sent = 0;
  while (sent < BURST && c->snd_nxt - c->snd_una + chunk <= c->snd_wnd && send_segment(c, ACK, payload, chunk)) sent++;
  if (!sent && c->snd_nxt == c->snd_una && c->snd_wnd >= (uint32_t)mss) sent = send_segment(c, ACK, payload, mss);
  return sent;
}

static void drained(void) {
  for (int i = 0; i < owing.count; i++)
    if (owing.of[i]->acknowledged != owing.of[i]->rcv_nxt) send_segment(owing.of[i], ACK, NULL, 0);
  owing.count = 0;
  int sent = 0;
  for (int i = 0; i < sources.count; i++) sent += pump(sources.of[i]);
  if (sent) return;
  struct pollfd waiting = {TUN_FD, POLLIN, 0};
  if (poll(&waiting, 1, sources.count ? RESEND_AFTER : -1) > 0) return;
  for (int i = 0; i < sources.count; i++)
    if (milliseconds() - sources.of[i]->progress > RESEND_AFTER) sources.of[i]->snd_nxt = sources.of[i]->snd_una;
}

/* -- receiving ---------------------------------------------------------------------------------------------------- */

static void accept_connection(connection **slot, const unsigned char *ip, const unsigned char *tcp, int header) {
  if (*slot) forget(slot);
  connection *c = *slot = calloc(1, sizeof **slot);
  memcpy(&c->remote_address, ip + 12, 4);
  memcpy(&c->local_address, ip + 16, 4);
  c->remote_port = get16(tcp);
  c->local_port = get16(tcp + 2);
  c->rcv_nxt = get32(tcp + 4) + 1;
  c->snd_nxt = c->snd_una = get32(tcp + 4) * 2654435761u;
  for (int i = TCP; i < header && tcp[i]; i += tcp[i] == 1 || !tcp[i + 1] ? 1 : tcp[i + 1])
    if (tcp[i] == 3) c->shift = tcp[i + 2];
  send_segment(c, SYN | ACK, NULL, 0);
}

static void acknowledge(connection *c, uint32_t ack) {
  if ((int32_t)(ack - c->snd_una) > 0) {
    c->snd_una = ack;
    if (c->local_port == SOURCE_PORT) c->progress = milliseconds();
    if ((int32_t)(c->snd_nxt - ack) < 0) c->snd_nxt = ack;
  }
  if (c->open) return;
  c->open = 1;
  if (c->local_port == SOURCE_PORT) add(&sources, c);
}

static void take_data(connection *c, uint32_t seq, const unsigned char *data, int length) {
  if (seq != c->rcv_nxt) {
    send_segment(c, ACK, NULL, 0);
    return;
  }
  c->rcv_nxt += length;
  if (c->local_port == ECHO_PORT) send_segment(c, ACK | PSH, data, length);
  else if (++c->unacknowledged >= ack_every) send_segment(c, ACK, NULL, 0);
  else add(&owing, c);
}

static void receive(unsigned char *ip, int length) {
  if (ip[0] >> 4 != 4 || ip[9] != 6) return;
  unsigned char *tcp = ip + (ip[0] & 15) * 4;
  int header = (tcp[12] >> 4) * 4, flags = tcp[13], total = offload ? length : get16(ip + 2);
  int text = total - (int)(tcp - ip) - header;
  connection ***row = &table[ip[15]];
  if (!*row) *row = calloc(65536, sizeof **row);
  connection **slot = &(*row)[get16(tcp)], *c = *slot;

  if ((flags & (SYN | ACK)) == SYN) {
    accept_connection(slot, ip, tcp, header);
    return;
  }
  if (!c) return;
  if (flags & RST) {
    forget(slot);
    return;
  }
  c->snd_wnd = (uint32_t)get16(tcp + 14) << c->shift;
  acknowledge(c, get32(tcp + 8));
  uint32_t seq = get32(tcp + 4);
  if (text > 0) take_data(c, seq, tcp + header, text);
  if (flags & FIN && seq + text == c->rcv_nxt && !c->finished) {
    c->rcv_nxt++;
    c->finished = 1;
    send_segment(c, ACK | FIN, NULL, 0);
  } else if (c->finished && c->snd_una == c->snd_nxt) {
    forget(slot);
  }
}
