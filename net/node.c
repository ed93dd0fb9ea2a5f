/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node.c - messages between a node and its guests; see node.h.
 *
 *   SEEN        kind services:1 address             REGISTER    kind flags:1 [port:2 fpr name]
 *   REGISTERED  kind seconds:4                      UNREGISTER  kind
 *   LIST        kind from:4                         LISTED      kind next:4 count:2 entries
 *   REFUSED     kind what:1 code:2 seconds:4        CREDIT      kind circuit:4 bytes:4
 *   DIAL        kind circuit:4 device key:32        INCOMING, OPENED  kind circuit:4
 *   DATA        kind circuit:4 bytes                CLOSE       kind circuit:4 code:2
 *   FETCH, DELETE  kind drop:32 signature:64 number:8
 *   DEPOSIT     kind drop:32 signature:64 blob      MAIL        kind number:8 left:4 blob
 *   HELD        kind number:8 until:8               DELETED, EMPTY  kind
 *
 *   address = family:1 bytes:4|16 port:2; name = length:2 text; blob = length:4 bytes
 *   entry = device key:32 flags:1 address fpr name
 */
#include "net/node.h"

#include <string.h>

#include "base/text.h"

#define REGISTER_RELAYED 0x01
#define REGISTER_LISTED 0x02
#define REGISTER_FLAGS (REGISTER_RELAYED | REGISTER_LISTED)
#define ENTRY_RELAYED 0x01
#define SERVICES (CF_NODE_RELAY | CF_NODE_LISTING | CF_NODE_MAILBOX)

enum cf_channel
cf_node_channel (enum cf_node_kind kind)
{
  return kind < CF_NODE_DEPOSIT ? CF_CHANNEL_CONTROL : kind < CF_NODE_DIAL ? CF_CHANNEL_TALK : CF_CHANNEL_BULK;
}

/* ---- parts ---- */

static void
write_name (struct cf_wr *wr, const char *name)
{
  cf_wr_blob16 (wr, name, strlen (name));
}

static void
read_name (struct cf_rd *rd, char r_name[CF_NAME_MAX + 1])
{
  const uint8_t *text;
  size_t len;

  cf_rd_blob16 (rd, &text, &len, CF_NAME_MAX);
  if (!text)
    len = 0;
  else if (!cf_text_is_utf8 (text, len))
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_NAME));
  if (len)
    memcpy (r_name, text, len);
  r_name[len] = 0;
}

/* Flags beyond MASK are refused. */
static uint8_t
read_flags (struct cf_rd *rd, uint8_t mask)
{
  uint8_t flags = cf_rd_u8 (rd);

  if (flags & ~mask)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_FLAG));
  return flags;
}

static uint32_t
read_u32_above_0 (struct cf_rd *rd)
{
  uint32_t v = cf_rd_u32 (rd);

  if (!v)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
  return v;
}

void
cf_node_entry_write (struct cf_wr *wr, const struct cf_node_entry *entry)
{
  cf_wr_bytes (wr, entry->device_key, sizeof entry->device_key);
  cf_wr_u8 (wr, entry->relayed ? ENTRY_RELAYED : 0);
  cf_wr_addr (wr, &entry->addr);
  cf_wr_fpr (wr, &entry->identity);
  write_name (wr, entry->name);
}

void
cf_node_entry_read (struct cf_rd *rd, struct cf_node_entry *r_entry)
{
  cf_rd_bytes (rd, r_entry->device_key, sizeof r_entry->device_key);
  r_entry->relayed = read_flags (rd, ENTRY_RELAYED) != 0;
  cf_rd_addr (rd, &r_entry->addr);
  cf_rd_fpr (rd, &r_entry->identity);
  read_name (rd, r_entry->name);
}

/* ---- control ---- */

static void
write_register (struct cf_wr *wr, const struct cf_node_message *m)
{
  cf_wr_u8 (wr, (uint8_t) ((m->reg.relayed ? REGISTER_RELAYED : 0) | (m->reg.listed ? REGISTER_LISTED : 0)));
  if (!m->reg.listed)
    return;
  cf_wr_u16 (wr, m->reg.port);
  cf_wr_fpr (wr, &m->reg.identity);
  write_name (wr, m->reg.name);
}

static void
read_register (struct cf_rd *rd, struct cf_node_message *m)
{
  uint8_t flags = read_flags (rd, REGISTER_FLAGS);

  m->reg.relayed = flags & REGISTER_RELAYED;
  m->reg.listed = flags & REGISTER_LISTED;
  if (m->reg.listed) {
    m->reg.port = cf_rd_u16 (rd);
    cf_rd_fpr (rd, &m->reg.identity);
    read_name (rd, m->reg.name);
  }
  if (!flags || (m->reg.listed && !m->reg.port))
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
}

/* COUNT entries, neither more nor fewer. */
static void
read_listed (struct cf_rd *rd, struct cf_node_message *m)
{
  struct cf_node_entry entry;
  struct cf_rd entries;

  m->listed.next = cf_rd_u32 (rd);
  m->listed.count = cf_rd_u16 (rd);
  cf_rd_rest (rd, &m->listed.entries, &m->listed.entries_len);
  cf_rd_init (&entries, m->listed.entries, m->listed.entries_len);
  if (m->listed.count > CF_NODE_LIST_MAX)
    cf_rd_fail (&entries, cf_err (GPG_ERR_TOO_MANY));
  for (unsigned i = 0; i < m->listed.count && !entries.err; i++)
    cf_node_entry_read (&entries, &entry);
  cf_rd_fail (rd, cf_rd_finish (&entries));
}

static void
write_control (struct cf_wr *wr, const struct cf_node_message *m)
{
  switch (m->kind) {
  case CF_NODE_SEEN:
    cf_wr_u8 (wr, m->seen.services);
    cf_wr_addr (wr, &m->seen.addr);
    break;
  case CF_NODE_REGISTER:
    write_register (wr, m);
    break;
  case CF_NODE_REGISTERED:
    cf_wr_u32 (wr, m->registered.seconds);
    break;
  case CF_NODE_LIST:
    cf_wr_u32 (wr, m->list.from);
    break;
  case CF_NODE_LISTED:
    cf_wr_u32 (wr, m->listed.next);
    cf_wr_u16 (wr, m->listed.count);
    cf_wr_bytes (wr, m->listed.entries, m->listed.entries_len);
    break;
  case CF_NODE_REFUSED:
    cf_wr_u8 (wr, (uint8_t) m->refused.what);
    cf_wr_u16 (wr, m->refused.code);
    cf_wr_u32 (wr, m->refused.seconds);
    break;
  case CF_NODE_CREDIT:
    cf_wr_u32 (wr, m->credit.circuit);
    cf_wr_u32 (wr, m->credit.bytes);
    break;
  case CF_NODE_FETCH:
  case CF_NODE_DELETE:
    cf_wr_bytes (wr, m->mail.drop, CF_MAIL_DROP_LEN);
    cf_wr_bytes (wr, m->mail.signature, CF_MAIL_SIGNATURE_LEN);
    cf_wr_u64 (wr, m->mail.number);
    break;
  case CF_NODE_HELD:
    cf_wr_u64 (wr, m->mail.number);
    cf_wr_u64 (wr, m->mail.until_utc_ms);
    break;
  default:
    break; /* UNREGISTER, DELETED and EMPTY are their kinds */
  }
}

static void
read_drop (struct cf_rd *rd, struct cf_node_message *m)
{
  cf_rd_bytes (rd, m->mail.drop, CF_MAIL_DROP_LEN);
  cf_rd_bytes (rd, m->mail.signature, CF_MAIL_SIGNATURE_LEN);
}

/* A number whose time, or size, nobody will live to see is none. */
static uint64_t
read_u63 (struct cf_rd *rd)
{
  uint64_t v = cf_rd_u64 (rd);

  if (v > INT64_MAX)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
  return v;
}

static void
read_control (struct cf_rd *rd, struct cf_node_message *m)
{
  switch (m->kind) {
  case CF_NODE_SEEN:
    m->seen.services = read_flags (rd, SERVICES);
    cf_rd_addr (rd, &m->seen.addr);
    break;
  case CF_NODE_REGISTER:
    read_register (rd, m);
    break;
  case CF_NODE_REGISTERED:
    m->registered.seconds = read_u32_above_0 (rd);
    break;
  case CF_NODE_UNREGISTER:
  case CF_NODE_DELETED:
  case CF_NODE_EMPTY:
    break;
  case CF_NODE_FETCH:
  case CF_NODE_DELETE:
    read_drop (rd, m);
    m->mail.number = read_u63 (rd);
    break;
  case CF_NODE_HELD:
    m->mail.number = read_u63 (rd);
    m->mail.until_utc_ms = read_u63 (rd);
    break;
  case CF_NODE_LIST:
    m->list.from = cf_rd_u32 (rd);
    break;
  case CF_NODE_LISTED:
    read_listed (rd, m);
    break;
  case CF_NODE_REFUSED:
    m->refused.what = (enum cf_node_kind) cf_rd_u8 (rd);
    m->refused.code = cf_rd_u16 (rd);
    m->refused.seconds = cf_rd_u32 (rd);
    break;
  case CF_NODE_CREDIT:
    m->credit.circuit = read_u32_above_0 (rd);
    m->credit.bytes = read_u32_above_0 (rd);
    break;
  default:
    cf_rd_fail (rd, cf_err (CF_ERR_PROTOCOL));
  }
}

/* ---- talk ---- */

static void
write_talk (struct cf_wr *wr, const struct cf_node_message *m)
{
  if (m->kind == CF_NODE_DEPOSIT) {
    cf_wr_bytes (wr, m->mail.drop, CF_MAIL_DROP_LEN);
    cf_wr_bytes (wr, m->mail.signature, CF_MAIL_SIGNATURE_LEN);
  } else {
    cf_wr_u64 (wr, m->mail.number);
    cf_wr_u32 (wr, m->mail.left);
  }
  cf_wr_blob32 (wr, m->mail.blob, m->mail.blob_len);
}

static void
read_talk (struct cf_rd *rd, struct cf_node_message *m)
{
  switch (m->kind) {
  case CF_NODE_DEPOSIT:
    read_drop (rd, m);
    break;
  case CF_NODE_MAIL:
    m->mail.number = read_u63 (rd);
    m->mail.left = cf_rd_u32 (rd);
    break;
  default:
    cf_rd_fail (rd, cf_err (CF_ERR_PROTOCOL));
  }
  cf_rd_blob32 (rd, &m->mail.blob, &m->mail.blob_len, CF_MAIL_MAX);
  if (!m->mail.blob_len)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_LENGTH));
}

/* ---- bulk ---- */

static void
write_bulk (struct cf_wr *wr, const struct cf_node_message *m)
{
  if (m->kind == CF_NODE_DIAL) {
    cf_wr_u32 (wr, m->dial.circuit);
    cf_wr_bytes (wr, m->dial.device_key, CF_DEVICE_KEY_LEN);
    return;
  }
  cf_wr_u32 (wr, m->circuit.circuit);
  if (m->kind == CF_NODE_DATA)
    cf_wr_bytes (wr, m->circuit.data, m->circuit.len);
  else if (m->kind == CF_NODE_CLOSE)
    cf_wr_u16 (wr, m->circuit.code);
}

static void
read_bulk (struct cf_rd *rd, struct cf_node_message *m)
{
  size_t len;

  if (m->kind == CF_NODE_DIAL) {
    m->dial.circuit = read_u32_above_0 (rd);
    cf_rd_rest (rd, &m->dial.device_key, &len);
    if (len != CF_DEVICE_KEY_LEN)
      cf_rd_fail (rd, cf_err (GPG_ERR_INV_LENGTH));
    return;
  }
  m->circuit.circuit = read_u32_above_0 (rd);
  switch (m->kind) {
  case CF_NODE_INCOMING:
  case CF_NODE_OPENED:
    break;
  case CF_NODE_DATA:
    cf_rd_rest (rd, &m->circuit.data, &m->circuit.len);
    if (!m->circuit.len || m->circuit.len > CF_CIRCUIT_DATA_MAX)
      cf_rd_fail (rd, cf_err (GPG_ERR_INV_LENGTH));
    break;
  case CF_NODE_CLOSE:
    m->circuit.code = cf_rd_u16 (rd);
    break;
  default:
    cf_rd_fail (rd, cf_err (CF_ERR_PROTOCOL));
  }
}

/* ---- messages ---- */

gpg_error_t
cf_node_encode (const struct cf_node_message *message, struct cf_buf *out)
{
  struct cf_wr wr;

  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, (uint8_t) message->kind);
  if (cf_node_channel (message->kind) == CF_CHANNEL_CONTROL)
    write_control (&wr, message);
  else if (cf_node_channel (message->kind) == CF_CHANNEL_TALK)
    write_talk (&wr, message);
  else
    write_bulk (&wr, message);
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_node_decode (enum cf_channel channel, const void *data, size_t len, struct cf_node_message *r_message)
{
  struct cf_node_message m;
  struct cf_rd rd;
  gpg_error_t err;

  memset (&m, 0, sizeof m);
  cf_rd_init (&rd, data, len);
  m.kind = (enum cf_node_kind) cf_rd_u8 (&rd);
  if (cf_node_channel (m.kind) != channel)
    cf_rd_fail (&rd, cf_err (CF_ERR_PROTOCOL));
  else if (channel == CF_CHANNEL_CONTROL)
    read_control (&rd, &m);
  else if (channel == CF_CHANNEL_TALK)
    read_talk (&rd, &m);
  else
    read_bulk (&rd, &m);
  err = cf_rd_finish (&rd);
  if (!err)
    *r_message = m;
  return err;
}
