/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_peerlist.c - contact files: every line is read once, and what is taken is a place that reads back as itself. */
#include <stdio.h>
#include <string.h>

#include "net/peerlist.h"
#include "tests/fuzz/fuzz.h"

static void
check_place (const struct cf_peerlist_line *line)
{
  char text[CF_PEERLIST_HOST_SIZE + CF_ADDR_TEXT_SIZE];
  struct cf_peerlist_reader reader;
  struct cf_peerlist_line back;
  gpg_error_t err;

  FUZZ_CHECK (line->addr.port && !line->addr.family == !!line->host[0]);
  if (line->addr.family)
    cf_addr_format (&line->addr, text);
  else
    snprintf (text, sizeof text, "%s:%u", line->host, line->addr.port);
  cf_peerlist_init (&reader, text, strlen (text));
  FUZZ_CHECK (cf_peerlist_next (&reader, &back, &err) && !err && back.number == 1);
  FUZZ_CHECK (cf_addr_equal (&line->addr, &back.addr) && !strcmp (line->host, back.host));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_peerlist_reader reader;
  struct cf_peerlist_line line;
  gpg_error_t err;
  unsigned long number = 0;

  cf_peerlist_init (&reader, (const char *) data, len);
  while (cf_peerlist_next (&reader, &line, &err)) {
    FUZZ_CHECK (line.number > number);
    number = line.number;
    FUZZ_CHECK (line.text >= (const char *) data && line.text + line.text_len <= (const char *) data + len);
    if (!err)
      check_place (&line);
    else
      FUZZ_CHECK (!line.addr.family && !line.host[0]);
  }
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const seeds[] = {
    "# friends\n192.0.2.7:7077 Alice\r\n[2001:db8::7]:7077\tBob\n\nhome.example.org:1 Carol\n",
    "\xef\xbb\xbf[fe80::1%3]:65535\n[::ffff:1.2.3.4]:80\n",
    "1.2.3.4\n1.2.3.4:0\n:1\n-a:1\nxn--a.b-c:00\n\xff\n",
  };

  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
    char name[16];

    snprintf (name, sizeof name, "lines-%zu", i);
    emit (name, seeds[i], strlen (seeds[i]));
  }
}
