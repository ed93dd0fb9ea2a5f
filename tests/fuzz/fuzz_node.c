/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_node.c - messages between a node and its guests: decode and encode are inverses; names of nodes come back. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "net/node.h"
#include "tests/fuzz/fuzz.h"

static void
check_message (enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_node_message m;
  struct cf_buf out;

  if (cf_node_decode (channel, data, len, &m))
    return;
  FUZZ_CHECK (cf_node_channel (m.kind) == channel);
  if (m.kind == CF_NODE_REGISTER)
    FUZZ_CHECK (cf_text_is_utf8 (m.reg.name, strlen (m.reg.name)));
  cf_buf_init (&out, len);
  FUZZ_CHECK (!cf_node_encode (&m, &out));
  FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  cf_buf_done (&out);
}

static void
check_name (const uint8_t *data, size_t len)
{
  char *text = fuzz_string (data, len), again[CF_NODE_NAME_SIZE];
  struct cf_node_name name, back;

  if (!cf_node_name_parse (text, &name)) {
    FUZZ_CHECK (!cf_node_name_parse (cf_node_name_format (&name, again), &back));
    FUZZ_CHECK (!memcmp (name.device_key, back.device_key, sizeof name.device_key));
    FUZZ_CHECK (cf_addr_equal (&name.addr, &back.addr));
  }
  free (text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  uint8_t *copy;

  if (!len)
    return 0;
  copy = fuzz_copy (data + 1, len - 1);
  if (data[0] < CF_CHANNEL_COUNT)
    check_message ((enum cf_channel) data[0], copy, len - 1);
  else
    check_name (data + 1, len - 1);
  free (copy);
  return 0;
}

static void
emit_message (fuzz_emit *emit, const char *name, const struct cf_node_message *m)
{
  uint8_t channel = (uint8_t) cf_node_channel (m->kind);
  struct cf_buf out;

  cf_buf_init (&out, 4096);
  FUZZ_CHECK (!cf_buf_add (&out, &channel, 1));
  FUZZ_CHECK (!cf_node_encode (m, &out));
  emit (name, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t key[CF_DEVICE_KEY_LEN] = { 5 };
  struct cf_node_message m = { .kind = CF_NODE_SEEN, .seen = { 3, { .family = 4, .bytes = { 127 }, .port = 9 } } };
  struct cf_node_name name = { .addr = { .family = 6, .bytes = { 0x20, 1 }, .port = 443 } };
  struct cf_node_entry entry = { .relayed = true, .addr = { .family = 6, .bytes = { 0x20 }, .port = 7 },
                                 .identity = { 4, 20, { 1 } }, .name = "Zo\xc3\xab" };
  char text[1 + CF_NODE_NAME_SIZE] = "\x7f";
  struct cf_buf entries;
  struct cf_wr wr;

  emit_message (emit, "seen", &m);
  m = (struct cf_node_message){ .kind = CF_NODE_REGISTER,
                                .reg = { true, true, 7000, { 5, 32, { 1 } }, "Zo\xc3\xab" } };
  emit_message (emit, "register", &m);
  m = (struct cf_node_message){ .kind = CF_NODE_REGISTERED, .registered = { 600 } };
  emit_message (emit, "registered", &m);
  m = (struct cf_node_message){ .kind = CF_NODE_REFUSED, .refused = { CF_NODE_LIST, 183, 60 } };
  emit_message (emit, "refused", &m);
  cf_buf_init (&entries, 1024);
  cf_wr_init (&wr, &entries);
  cf_node_entry_write (&wr, &entry);
  cf_node_entry_write (&wr, &entry);
  FUZZ_CHECK (!cf_wr_finish (&wr));
  m = (struct cf_node_message){ .kind = CF_NODE_LISTED,
                                .listed = { 3, 2, cf_buf_data (&entries), cf_buf_len (&entries) } };
  emit_message (emit, "listed", &m);
  cf_buf_done (&entries);
  m = (struct cf_node_message){ .kind = CF_NODE_DIAL, .dial = { 1, key } };
  emit_message (emit, "dial", &m);
  m = (struct cf_node_message){ .kind = CF_NODE_DATA, .circuit = { .circuit = 2, .data = key, .len = 9 } };
  emit_message (emit, "data", &m);
  m = (struct cf_node_message){ .kind = CF_NODE_DEPOSIT, .mail = { .blob = key, .blob_len = 9 } };
  emit_message (emit, "deposit", &m);
  m = (struct cf_node_message){ .kind = CF_NODE_FETCH, .mail = { .number = 9 } };
  emit_message (emit, "fetch", &m);
  m = (struct cf_node_message){ .kind = CF_NODE_HELD, .mail = { .number = 9, .until_utc_ms = 10 } };
  emit_message (emit, "held", &m);
  m = (struct cf_node_message){ .kind = CF_NODE_MAIL, .mail = { .number = 9, .left = 1, .blob = key, .blob_len = 9 } };
  emit_message (emit, "mail", &m);
  cf_node_name_format (&name, text + 1);
  emit ("name", text, strlen (text));
}
