/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_node.c - net/node.c, net/node_name.c: one form of each message, refusals, names of nodes. */
#include "net/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"

static uint8_t key[CF_DEVICE_KEY_LEN];

/* Appends the entry that the examples have. */
static void
add_entry (struct cf_buf *out, uint8_t family)
{
  struct cf_node_entry entry = { .relayed = family == 4, .addr = { .family = family, .port = 7000 } };
  struct cf_wr wr;

  memset (entry.device_key, 0x55, sizeof entry.device_key);
  memset (entry.addr.bytes, 0x20, family == 4 ? 4 : 16);
  entry.identity.version = 4;
  entry.identity.len = 20;
  memset (entry.identity.bytes, 0xaa, 20);
  strcpy (entry.name, "Zo\xc3\xab");
  cf_wr_init (&wr, out);
  cf_node_entry_write (&wr, &entry);
  assert_int_equal (cf_wr_finish (&wr), 0);
}

/* Decodes, encodes again, and cuts and lengthens: what is not exactly so is refused. */
static void
check_form (const struct cf_node_message *m)
{
  enum cf_channel channel = cf_node_channel (m->kind);
  struct cf_node_message back;
  struct cf_buf out, again;

  cf_buf_init (&out, CF_MESSAGE_CONTROL_MAX);
  cf_buf_init (&again, CF_MESSAGE_CONTROL_MAX);
  assert_int_equal (cf_node_encode (m, &out), 0);
  assert_int_equal (cf_node_decode (channel, cf_buf_data (&out), cf_buf_len (&out), &back), 0);
  assert_int_equal (back.kind, m->kind);
  assert_int_equal (cf_node_encode (&back, &again), 0);
  assert_int_equal (cf_buf_len (&out), cf_buf_len (&again));
  assert_memory_equal (cf_buf_data (&out), cf_buf_data (&again), cf_buf_len (&out));
  for (int other = 0; other < CF_CHANNEL_COUNT; other++)
    if (other != (int) channel)
      assert_int_not_equal (cf_node_decode ((enum cf_channel) other, cf_buf_data (&out), cf_buf_len (&out), &back), 0);
  if (m->kind != CF_NODE_DATA)
    for (size_t len = 0; len < cf_buf_len (&out); len++)
      assert_int_not_equal (cf_node_decode (channel, cf_buf_data (&out), len, &back), 0);
  assert_int_equal (cf_buf_add (&out, "", 1), 0);
  if (m->kind != CF_NODE_DATA)
    assert_int_not_equal (cf_node_decode (channel, cf_buf_data (&out), cf_buf_len (&out), &back), 0);
  cf_buf_done (&again);
  cf_buf_done (&out);
}

static void
test_forms (void **state)
{
  struct cf_buf entries;
  struct cf_node_message messages[] = {
    { .kind = CF_NODE_SEEN, .seen = { 3, { .family = 4, .bytes = { 192, 0, 2, 1 }, .port = 40000 } } },
    { .kind = CF_NODE_SEEN, .seen = { 7, { .family = 6, .bytes = { 0x20, 1, 0xd }, .port = 1 } } },
    { .kind = CF_NODE_REGISTER, .reg = { .relayed = true } },
    { .kind = CF_NODE_REGISTER,
      .reg = { .listed = true, .port = 7000, .identity = { 4, 20, { 1 } }, .name = "Zo\xc3\xab" } },
    { .kind = CF_NODE_REGISTERED, .registered = { 600 } },
    { .kind = CF_NODE_UNREGISTER },
    { .kind = CF_NODE_LIST, .list = { 5 } },
    { .kind = CF_NODE_LISTED },
    { .kind = CF_NODE_LISTED, .listed = { .next = 3, .count = 2 } },
    { .kind = CF_NODE_REFUSED, .refused = { CF_NODE_LIST, 183, 60 } },
    { .kind = CF_NODE_CREDIT, .credit = { 1, 65536 } },
    { .kind = CF_NODE_FETCH, .mail = { .drop = { 1 }, .signature = { 2 }, .number = 3 } },
    { .kind = CF_NODE_DELETE, .mail = { .drop = { 1 }, .signature = { 2 }, .number = 3 } },
    { .kind = CF_NODE_HELD, .mail = { .number = 3, .until_utc_ms = 1800000000000 } },
    { .kind = CF_NODE_DELETED },
    { .kind = CF_NODE_EMPTY },
    { .kind = CF_NODE_DEPOSIT, .mail = { .drop = { 1 }, .signature = { 2 }, .blob = key, .blob_len = 9 } },
    { .kind = CF_NODE_MAIL, .mail = { .number = 3, .left = 4, .blob = key, .blob_len = 9 } },
    { .kind = CF_NODE_DIAL, .dial = { 1, key } },
    { .kind = CF_NODE_INCOMING, .circuit = { .circuit = 2 } },
    { .kind = CF_NODE_OPENED, .circuit = { .circuit = 1 } },
    { .kind = CF_NODE_DATA, .circuit = { .circuit = 1, .data = key, .len = sizeof key } },
    { .kind = CF_NODE_CLOSE, .circuit = { .circuit = 1, .code = 27 } },
  };

  (void) state;
  cf_buf_init (&entries, 1024);
  add_entry (&entries, 4);
  add_entry (&entries, 6);
  messages[8].listed.entries = cf_buf_data (&entries);
  messages[8].listed.entries_len = cf_buf_len (&entries);
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
    check_form (&messages[i]);
  cf_buf_done (&entries);
}

static void
refuse (enum cf_channel channel, const void *data, size_t len)
{
  struct cf_node_message m;

  assert_int_not_equal (cf_node_decode (channel, data, len, &m), 0);
}

static void
test_values (void **state)
{
  static uint8_t data[5 + CF_CIRCUIT_DATA_MAX + 1] = { CF_NODE_DATA, 0, 0, 0, 1 };
  struct cf_node_message m;

  (void) state;
  refuse (CF_CHANNEL_CONTROL, "", 0);
  refuse (CF_CHANNEL_CONTROL, "\x03", 1);
  refuse (CF_CHANNEL_CONTROL, "\x4d", 1);                                  /* unknown kinds */
  refuse (CF_CHANNEL_TALK, "\x52\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1x", 18);
  refuse (CF_CHANNEL_TALK, "\x51\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17);  /* no mail in it */
  refuse (CF_CHANNEL_CONTROL, "\x4a\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17); /* never */
  refuse (CF_CHANNEL_BULK, "\x65\0\0\0\1", 5);
  refuse (CF_CHANNEL_CONTROL, "\x40\x08\4\1\2\3\4\0\1", 9);                /* an unknown service */
  refuse (CF_CHANNEL_CONTROL, "\x40\0\4\1\2\3\4\0\0", 9);                  /* port 0 */
  refuse (CF_CHANNEL_CONTROL, "\x40\0\5\1\2\3\4\0\1", 9);                  /* no family */
  refuse (CF_CHANNEL_CONTROL, "\x40\0\6\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4\0\1", 21); /* IPv4 in IPv6 clothes */
  refuse (CF_CHANNEL_CONTROL, "\x41\0", 2);                                /* registers for nothing */
  refuse (CF_CHANNEL_CONTROL, "\x41\4", 2);
  refuse (CF_CHANNEL_CONTROL, "\x41\2\0\0\4aaaaaaaaaaaaaaaaaaaa\0\0", 27); /* port 0 */
  refuse (CF_CHANNEL_CONTROL, "\x41\2\0\1\4aaaaaaaaaaaaaaaaaaaa\0\1\xff", 28); /* no text */
  refuse (CF_CHANNEL_CONTROL, "\x42\0\0\0\0", 5);
  refuse (CF_CHANNEL_CONTROL, "\x45\0\0\0\0\0\1", 7);                      /* an entry that is not there */
  refuse (CF_CHANNEL_CONTROL, "\x47\0\0\0\0\0\0\0\1", 9);
  refuse (CF_CHANNEL_CONTROL, "\x47\0\0\0\1\0\0\0\0", 9);
  refuse (CF_CHANNEL_BULK, "\x62\0\0\0\0", 5);
  refuse (CF_CHANNEL_BULK, data, 5); /* no bytes, and too many */
  refuse (CF_CHANNEL_BULK, data, sizeof data);
  assert_int_equal (cf_node_decode (CF_CHANNEL_BULK, data, sizeof data - 1, &m), 0);
  assert_int_equal (m.circuit.len, CF_CIRCUIT_DATA_MAX);
}

/* More entries than a page has. */
static void
test_page (void **state)
{
  struct cf_node_message m = { .kind = CF_NODE_LISTED }, back;
  struct cf_buf entries, out;

  (void) state;
  cf_buf_init (&entries, CF_MESSAGE_CONTROL_MAX);
  for (m.listed.count = 0; m.listed.count <= CF_NODE_LIST_MAX; m.listed.count++) {
    m.listed.entries = cf_buf_data (&entries);
    m.listed.entries_len = cf_buf_len (&entries);
    cf_buf_init (&out, CF_MESSAGE_CONTROL_MAX);
    assert_int_equal (cf_node_encode (&m, &out), 0);
    assert_int_equal (cf_node_decode (CF_CHANNEL_CONTROL, cf_buf_data (&out), cf_buf_len (&out), &back), 0);
    cf_buf_done (&out);
    add_entry (&entries, 4);
  }
  m.listed.entries = cf_buf_data (&entries);
  m.listed.entries_len = cf_buf_len (&entries);
  cf_buf_init (&out, CF_MESSAGE_CONTROL_MAX);
  assert_int_equal (cf_node_encode (&m, &out), 0);
  refuse (CF_CHANNEL_CONTROL, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  cf_buf_done (&entries);
}

#define NAME "confab-node:5555555555555555555555555555555555555555555555555555555555555555:"

static void
test_names (void **state)
{
  static const char *const wrong[] = {
    "", "confab-node:", "confab:" NAME, NAME, NAME "5354E25E", NAME "5354E25E@", NAME "5354E25E@192.0.2.1",
    NAME "5354E25E@192.0.2.1:0", NAME "5354E25E@host:1", NAME "5354E25E:192.0.2.1:1",
    "confab-node:55:5354E25E@192.0.2.1:1",
  };
  struct cf_node_name name = { .addr = { .family = 4, .bytes = { 192, 0, 2, 1 }, .port = 7443 } }, back;
  char text[CF_NODE_NAME_SIZE], lower[CF_NODE_NAME_SIZE];

  (void) state;
  memset (name.device_key, 0x55, sizeof name.device_key);
  assert_string_equal (cf_node_name_format (&name, text), NAME "5354E25E@192.0.2.1:7443");
  assert_int_equal (cf_node_name_parse (text, &back), 0);
  assert_memory_equal (back.device_key, name.device_key, sizeof name.device_key);
  assert_true (cf_addr_equal (&back.addr, &name.addr));
  for (size_t i = 0; i <= strlen (text); i++)
    lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char) (text[i] + 32) : text[i];
  assert_int_equal (cf_node_name_parse (lower, &back), 0);
  name.addr = (struct cf_addr){ .family = 6, .bytes = { 0x20, 1, 0xd, 0xb8 }, .port = 443 };
  cf_node_name_format (&name, text);
  assert_int_equal (cf_node_name_parse (text, &back), 0);
  assert_true (cf_addr_equal (&back.addr, &name.addr));
  text[14] ^= 1;
  assert_int_equal (gpg_err_code (cf_node_name_parse (text, &back)), GPG_ERR_CHECKSUM);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal (gpg_err_code (cf_node_name_parse (wrong[i], &back)), GPG_ERR_INV_URI);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_forms),
    cmocka_unit_test (test_values),
    cmocka_unit_test (test_page),
    cmocka_unit_test (test_names),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
