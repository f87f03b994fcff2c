/*
 * peer: what the programs on the kernel's side have in common: their options, clocks, and how they fail. Their answer is one
 * line of JSON.
 *
 *   -h address of the stack   -s source address   -P process id of the stack, whose CPU time is reported
 *   -t seconds                -C congestion control asked of the kernel; where it is refused Reno
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PEER_OPTIONS "h:s:P:t:C:"

static const char *host = "10.9.0.2", *source_address, *congestion;
static pid_t stack_process;
static double seconds = 3;

/* Answers 0 for a letter that is not among PEER_OPTIONS. */
static inline int take_option(int letter) {
  switch (letter) {
    case 'h': host = optarg; break;
    case 's': source_address = optarg; break;
    case 'P': stack_process = atoi(optarg); break;
    case 't': seconds = atof(optarg); break;
    case 'C': congestion = optarg; break;
    default: return 0;
  }
  return 1;
}

static inline _Noreturn void die(const char *what) {
  printf("{\"error\":\"%s: %s\"}\n", what, strerror(errno));
  exit(1);
}

static inline struct sockaddr_in address_of(const char *text, int number) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(number)};
  inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

static inline double read_clock(clockid_t clock) {
  struct timespec time;
  return clock_gettime(clock, &time) ? 0 : time.tv_sec + time.tv_nsec * 1e-9;
}

static inline double now(void) { return read_clock(CLOCK_MONOTONIC); }

/* Of the stack's process in all its threads. */
static inline double stack_cpu(void) {
  clockid_t clock;
  return stack_process && !clock_getcpuclockid(stack_process, &clock) ? read_clock(clock) : 0;
}

typedef struct {
  double start, stack_cpu, peer_cpu;
} stopwatch;

static inline stopwatch start(void) { return (stopwatch){now(), stack_cpu(), read_clock(CLOCK_PROCESS_CPUTIME_ID)}; }

static inline int running(const stopwatch *watch) { return now() - watch->start < seconds; }

/* The members that every line has; the caller opens and closes the object. */
static inline void print_times(const stopwatch *watch, double end) {
  double stack = stack_cpu() - watch->stack_cpu, peer = read_clock(CLOCK_PROCESS_CPUTIME_ID) - watch->peer_cpu;
  printf("\"seconds\":%.6f,\"stackCpu\":%.6f,\"peerCpu\":%.6f", end - watch->start, stack, peer);
}
