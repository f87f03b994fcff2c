/*
 * ktls: a client of TLS 1.3 by OpenSSL on the kernel's TCP, the other side of the rows of TLS. Prints one line of JSON.
 *
 *   ktls source   sends as fast as it can for -t seconds   (the stack's sink, port 5004)
 *   ktls sink     receives for -t seconds                  (the stack's source, port 5005)
 *
 * With AES and wide vectors in hardware it takes about a third of the time of any stack here, so it is not what is measured.
 * Whose certificate comes is nobody's concern. Other options as in peer.h.
 */
#define _GNU_SOURCE
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "tcp.h"

enum { SINK_PORT = 5004, SOURCE_PORT = 5005, RECORD = 16384, AROUND = 5 + 1 + 16, BUFFERED = 1 << 17 };

static char buffer[1 << 18];

static _Noreturn void die_of_tls(const char *what) {
  unsigned long error = ERR_peek_error();
  if (!error) die(what);
  printf("{\"error\":\"%s: %s\"}\n", what, ERR_reason_error_string(error));
  exit(1);
}

/* Many records go into a system call, and come out of one. */
static SSL *secured(int fd) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, BUFFERED);
  SSL *tls = SSL_new(context);
  SSL_set_fd(tls, fd);
  if (SSL_connect(tls) != 1) die_of_tls("handshake");
  BIO *wire = SSL_get_wbio(tls), *gathered = BIO_new(BIO_f_buffer());
  BIO_up_ref(wire);
  BIO_set_write_buffer_size(gathered, BUFFERED);
  SSL_set0_wbio(tls, BIO_push(gathered, wire));
  return tls;
}

/* Bytes of text in what the stack has acknowledged. */
static uint64_t sent(int fd) { return info_of(fd).tcpi_bytes_acked * (double)RECORD / (RECORD + AROUND); }

static void run(int fd, SSL *tls, int sends) {
  uint64_t before = sent(fd), bytes = 0;
  stopwatch watch = start();
  while (running(&watch)) {
    int done = sends ? SSL_write(tls, buffer, sizeof buffer) : SSL_read(tls, buffer, sizeof buffer);
    if (done <= 0) die_of_tls(sends ? "write" : "read");
    bytes += done;
  }
  if (sends) bytes = sent(fd) - before;
  double end = now();
  printf("{");
  print_times(&watch, end);
  printf(",\"bytes\":%lu,\"retransmits\":%u,\"cipher\":\"%s\"}\n", bytes, info_of(fd).tcpi_total_retrans,
         SSL_get_cipher(tls));
}

int main(int count, char **words) {
  if (count < 2) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  optind = 2;
  for (int letter; (letter = getopt(count, words, PEER_OPTIONS)) != -1;)
    if (!take_option(letter)) return 2;
  int sends = strcmp(words[1], "source") == 0;
  if (!sends && strcmp(words[1], "sink") != 0) return 2;
  port = sends ? SINK_PORT : SOURCE_PORT;
  int fd = open_connection(0);
  run(fd, secured(fd), sends);
  close_hard(fd);
}
