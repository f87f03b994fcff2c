/*
 * rawudp: the least that can be called a UDP endpoint, in C, on the TUN device at descriptor 3 (see tunexec.c). Ports: 5007 sink,
 * 5008 source, with the words of kudp.c. Any destination address is its own.
 *
 * Not a stack: it computes no checksum of what it sends but once, and checks none of what it gets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TUN_FD = 3, IP = 20, UDP = 8, HEADERS = IP + UDP, PACKET = 65536, BURST = 64, SINK_PORT = 5007, SOURCE_PORT = 5008 };

static unsigned char in[PACKET], out[PACKET];

static void receive(int length);

int main(void) {
  puts("ready");
  fflush(stdout);
  for (;;) {
    ssize_t length = read(TUN_FD, in, sizeof in);
    if (length >= HEADERS) receive((int)length);
    else if (length < 0 && errno == EAGAIN) poll(&(struct pollfd){TUN_FD, POLLIN, 0}, 1, -1);
    else if (length < 0) return 1;
  }
}

static double milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
}

static void put16(unsigned char *at, uint16_t value) { memcpy(at, &(uint16_t){htons(value)}, 2); }
static uint16_t get16(const unsigned char *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static uint16_t checksum(const unsigned char *at, int length, uint32_t total) {
  for (; length > 1; at += 2, length -= 2) total += get16(at);
  if (length) total += at[0] << 8;
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return (uint16_t)~total;
}

/* Fills in the headers of an answer to the datagram in `in`; its data is there. Answers its length. */
static int answer(int data) {
  memcpy(out, (unsigned char[IP]){0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17}, IP);
  put16(out + 2, HEADERS + data);
  memcpy(out + 12, in + 16, 4);
  memcpy(out + 16, in + 12, 4);
  put16(out + 10, checksum(out, IP, 0));
  memcpy(out + IP, in + IP + 2, 2);
  memcpy(out + IP + 2, in + IP, 2);
  put16(out + IP + 4, UDP + data);
  put16(out + IP + 6, 0);
  uint16_t sum = checksum(out + 12, 8 + UDP + data, 17 + UDP + data);
  put16(out + IP + 6, sum ? sum : 0xffff);
  return HEADERS + data;
}

static void send_for(uint32_t size, uint32_t time) {
  memset(out + HEADERS, 'x', size);
  int length = answer((int)size);
  for (double end = milliseconds() + time; milliseconds() < end;)
    for (int i = 0; i < BURST; i++)
      if (write(TUN_FD, out, length) < 0) break;
}

static void receive(int length) {
  static uint64_t received;
  uint32_t wanted[2];
  if (in[0] != 0x45 || in[9] != 17) return;
  int port = get16(in + IP + 2), data = length - HEADERS;
  if (port == SOURCE_PORT && data == sizeof wanted) {
    memcpy(wanted, in + HEADERS, sizeof wanted);
    if (wanted[0] <= PACKET - HEADERS) send_for(wanted[0], wanted[1]);
  } else if (port == SINK_PORT && data == 1) {
    memcpy(out + HEADERS, &received, sizeof received);
    if (write(TUN_FD, out, answer(sizeof received)) < 0) return;
  } else if (port == SINK_PORT) {
    received++;
  }
}
