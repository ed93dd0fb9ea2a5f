/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_paths.c - PATHS, PEERS? and PEERS: decode and encode are inverses. */
#include <stdlib.h>
#include <string.h>

#include "net/exchange.h"
#include "net/paths.h"
#include "tests/fuzz/fuzz.h"

static void
exchange (const uint8_t *data, size_t len)
{
  struct cf_addr addrs[CF_EXCHANGE_MAX];
  struct cf_buf out;
  uint8_t kind;
  size_t count;

  if (cf_exchange_decode (data, len, &kind, addrs, &count))
    return;
  cf_buf_init (&out, len);
  FUZZ_CHECK (!(kind == CF_CONTROL_PEERS ? cf_exchange_encode (addrs, count, &out) : cf_exchange_encode_ask (&out)));
  FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  cf_buf_done (&out);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  uint8_t *copy = fuzz_copy (data, len);
  struct cf_paths paths;
  struct cf_buf out;

  if (!cf_paths_decode (copy, len, &paths)) {
    cf_buf_init (&out, len);
    FUZZ_CHECK (!cf_paths_encode (&paths, &out));
    FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
    cf_buf_done (&out);
    for (size_t i = 0; i < paths.addr_count; i++)
      FUZZ_CHECK (!cf_path_is_sound (&paths.addrs[i].addr) || paths.addrs[i].addr.port);
  }
  exchange (copy, len);
  free (copy);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  struct cf_paths p = { .nat = CF_NAT_EACH, .addr_count = 2, .node_count = 1 };
  struct cf_buf out;

  p.addrs[0] = (struct cf_path){ CF_PATH_SEEN, { .family = 4, .bytes = { 192, 0, 2, 1 }, .port = 7 } };
  p.addrs[1] = (struct cf_path){ CF_PATH_OWN, { .family = 6, .bytes = { 0x20, 1 }, .port = 9 } };
  p.nodes[0].addr = (struct cf_addr){ .family = 4, .bytes = { 1 }, .port = 443 };
  cf_buf_init (&out, 1024);
  FUZZ_CHECK (!cf_paths_encode (&p, &out));
  emit ("paths", cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_clear (&out);
  FUZZ_CHECK (!cf_exchange_encode (&p.addrs[0].addr, 1, &out));
  emit ("peers", cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
}
