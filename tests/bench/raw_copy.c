/* SPDX-License-Identifier: GPL-3.0-or-later */
/* raw_copy.c - what a file costs over TCP when nothing is done to it.
 *
 * Usage: raw_copy FROM TO      two processes, loopback: one reads FROM and sends, the other receives and writes TO, each
 * 256 KiB at a time.  Prints a JSON object: seconds, cpu (processor seconds of both).  The baseline of files.py.
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECE (256 * 1024)

static void
die (const char *what)
{
  perror (what);
  exit (1);
}

static double
now_s (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static double
cpu_s (int who)
{
  struct rusage use;

  getrusage (who, &use);
  return (double) (use.ru_utime.tv_sec + use.ru_stime.tv_sec)
         + (double) (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* All that FROM has, to TO. */
static void
pump (int from, int to)
{
  static char piece[PIECE];
  ssize_t n, done, wrote;

  while ((n = read (from, piece, sizeof piece)) > 0)
    for (done = 0; done < n; done += wrote)
      if ((wrote = write (to, piece + done, (size_t) (n - done))) < 0)
        die ("write");
  if (n < 0)
    die ("read");
}

static void
send_file (const char *from, const struct sockaddr_in *address)
{
  int in = open (from, O_RDONLY), out = socket (AF_INET, SOCK_STREAM, 0);

  if (in < 0)
    die (from);
  if (out < 0 || connect (out, (const struct sockaddr *) address, sizeof *address))
    die ("connect");
  pump (in, out);
  exit (0);
}

int
main (int argc, char **argv)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM, 0), in, out, status;
  double begun;
  pid_t child;

  if (argc != 3)
    return 2;
  if (listener < 0 || bind (listener, (struct sockaddr *) &address, len) || listen (listener, 1)
      || getsockname (listener, (struct sockaddr *) &address, &len))
    die ("listen");
  out = open (argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0)
    die (argv[2]);
  begun = now_s ();
  child = fork ();
  if (child < 0)
    die ("fork");
  if (!child)
    send_file (argv[1], &address);
  in = accept (listener, NULL, NULL);
  if (in < 0)
    die ("accept");
  pump (in, out);
  if (waitpid (child, &status, 0) != child || status)
    return 1;
  printf ("{\"seconds\": %.4f, \"cpu\": %.4f}\n", now_s () - begun, cpu_s (RUSAGE_SELF) + cpu_s (RUSAGE_CHILDREN));
  return 0;
}
