/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peerlist.h - a contact file: where people may be, as text.
 *
 *   # friends
 *   192.0.2.7:7077          Alice
 *   [2001:db8::7]:7077      Bob, at work
 *   home.example.org:7077
 *
 * One place a line, HOST:PORT, and behind it whatever helps its reader; empty
 * lines, and those that begin with #, say nothing.  Such files are passed around
 * as lists of peers are, so what is in one is hostile like all that comes from
 * others.  No I/O; what a name of a host stands for is not asked here.
 */
#ifndef CF_NET_PEERLIST_H
#define CF_NET_PEERLIST_H

#include "net/addr.h"

#define CF_PEERLIST_MAX (4 * 1024 * 1024)  /* bytes of a file */
#define CF_PEERLIST_LINE_MAX 1024          /* bytes of a line */
#define CF_PEERLIST_HOST_SIZE 254          /* a name of a host, and its end */

struct cf_peerlist_reader {
  const char *at, *end;
  unsigned long number; /* of the line read last; the first is 1 */
};

struct cf_peerlist_line {
  unsigned long number;
  struct cf_addr addr;              /* its port is set always; family 0: HOST says what address */
  char host[CF_PEERLIST_HOST_SIZE]; /* a name, in lower case; empty when there is an address */
  const char *text;                 /* the line as it is written, without its end; borrowed */
  size_t text_len;
};

/* TEXT (LEN bytes) must outlive READER. */
void cf_peerlist_init (struct cf_peerlist_reader *reader, const char *text, size_t len);

/* The next line that says something, or tries to; false: there is none.  *R_ERR: 0; LINE_TOO_LONG; BAD_DATA (not
   text); INV_VALUE (does not begin with HOST:PORT); of R_LINE there are then the number and the text alone. */
bool cf_peerlist_next (struct cf_peerlist_reader *reader, struct cf_peerlist_line *r_line, gpg_error_t *r_err);

#endif
