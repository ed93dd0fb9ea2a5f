/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_portmap.c - what a router says by PCP, and what confab-portmap says of it: nothing but public addresses comes
 * through, and a line has one form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/portmap.h"
#include "portmap/pcp.h"
#include "tests/fuzz/fuzz.h"

static void
check_line (const char *line)
{
  char again[CF_PORTMAP_LINE_MAX];
  struct cf_portmap_answer a;
  uint32_t seconds;
  uint16_t port;

  if (!cf_portmap_answer_parse (line, &a)) {
    cf_portmap_answer_format (&a, again);
    FUZZ_CHECK (strlen (again) == strlen (line) + 1 && !strncmp (again, line, strlen (line)));
    FUZZ_CHECK (!a.tcp.family || (a.tcp.port && cf_addr_is_public (&a.tcp)));
    FUZZ_CHECK (!a.udp.family || (a.udp.port && cf_addr_is_public (&a.udp)));
  }
  if (!cf_portmap_wish_parse (line, &port, &seconds)) {
    cf_portmap_wish_format (port, seconds, again);
    FUZZ_CHECK (!strncmp (again, line, strlen (line)));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  uint8_t *copy = fuzz_copy (data, len), bytes[CF_PCP_MAP_LEN];
  char *line = malloc (len + 1);
  struct cf_pcp_answer a;
  struct cf_pcp_map map;

  FUZZ_CHECK (line);
  memcpy (line, data, len);
  line[len] = 0;
  check_line (line);
  if (!cf_pcp_decode (copy, len, &a) && a.opcode == CF_PCP_MAP) {
    memset (&map, 0, sizeof map); /* the question that it would be the answer to */
    memcpy (map.nonce, a.nonce, sizeof map.nonce);
    map.protocol = (enum cf_pcp_protocol) a.protocol;
    map.internal.port = a.internal_port;
    map.suggested = a.external;
    FUZZ_CHECK (cf_pcp_answers (&a, &map));
    cf_pcp_map_encode (&map, bytes);
    FUZZ_CHECK (!memcmp (bytes + 24, copy + 24, 13) && !memcmp (bytes + 40, copy + 40, 20));
  }
  free (line);
  free (copy);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const lines[]
      = { "map 7077 3600", "mapped pcp 3600 1.2.3.4:7077 -", "failed absent silent inside", "changed" };
  static const char *const names[] = { "wish", "mapped", "failed", "changed" };
  struct cf_pcp_map map = { .protocol = CF_PCP_TCP, .seconds = 3600, .internal = { .family = 4, .bytes = { 10 }, .port = 7 } };
  uint8_t bytes[CF_PCP_MAP_LEN];

  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    emit (names[i], (const uint8_t *) lines[i], strlen (lines[i]));
  cf_pcp_map_encode (&map, bytes);
  bytes[1] |= 0x80;
  emit ("pcp", bytes, sizeof bytes);
}
