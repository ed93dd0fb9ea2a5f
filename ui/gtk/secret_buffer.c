/* SPDX-License-Identifier: GPL-3.0-or-later */
/* secret_buffer.c - a GtkEntryBuffer over secret memory of a fixed size: nothing is ever moved or left behind. */

#include <config.h>

#include <string.h>

#include "base/secmem.h"
#include "ui/gtk/secret_buffer.h"

struct _CfSecretBuffer {
  GtkEntryBuffer parent;
  char *text; /* secret memory, CF_SECRET_BYTES_MAX + 1 */
  gsize bytes;
  guint chars;
};

G_DEFINE_TYPE (CfSecretBuffer, cf_secret_buffer, GTK_TYPE_ENTRY_BUFFER)

static const char *
get_text (GtkEntryBuffer *buffer, gsize *bytes)
{
  CfSecretBuffer *secret = CF_SECRET_BUFFER (buffer);

  if (bytes)
    *bytes = secret->bytes;
  return secret->text;
}

static guint
get_length (GtkEntryBuffer *buffer)
{
  return CF_SECRET_BUFFER (buffer)->chars;
}

static guint
insert_text (GtkEntryBuffer *buffer, guint position, const char *chars, guint count)
{
  CfSecretBuffer *secret = CF_SECRET_BUFFER (buffer);
  gsize len, at;

  while (count && (gsize) (g_utf8_offset_to_pointer (chars, count) - chars) > CF_SECRET_BYTES_MAX - secret->bytes)
    count--;
  len = (gsize) (g_utf8_offset_to_pointer (chars, count) - chars);
  if (position > secret->chars)
    position = secret->chars;
  at = (gsize) (g_utf8_offset_to_pointer (secret->text, position) - secret->text);
  memmove (secret->text + at + len, secret->text + at, secret->bytes - at + 1);
  memcpy (secret->text + at, chars, len);
  secret->bytes += len;
  secret->chars += count;
  gtk_entry_buffer_emit_inserted_text (buffer, position, chars, count);
  return count;
}

static guint
delete_text (GtkEntryBuffer *buffer, guint position, guint count)
{
  CfSecretBuffer *secret = CF_SECRET_BUFFER (buffer);
  char *from, *to;
  gsize len;

  if (position > secret->chars)
    position = secret->chars;
  if (count > secret->chars - position)
    count = secret->chars - position;
  if (!count)
    return 0;
  from = g_utf8_offset_to_pointer (secret->text, position);
  to = g_utf8_offset_to_pointer (from, count);
  len = (gsize) (to - from);
  memmove (from, to, secret->bytes - (gsize) (to - secret->text) + 1);
  secret->bytes -= len;
  secret->chars -= count;
  cf_wipe (secret->text + secret->bytes, len + 1);
  gtk_entry_buffer_emit_deleted_text (buffer, position, count);
  return count;
}

static void
cf_secret_buffer_finalize (GObject *object)
{
  cf_secmem_free (CF_SECRET_BUFFER (object)->text);
  G_OBJECT_CLASS (cf_secret_buffer_parent_class)->finalize (object);
}

static void
cf_secret_buffer_class_init (CfSecretBufferClass *class)
{
  GtkEntryBufferClass *buffer = GTK_ENTRY_BUFFER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_secret_buffer_finalize;
  buffer->get_text = get_text;
  buffer->get_length = get_length;
  buffer->insert_text = insert_text;
  buffer->delete_text = delete_text;
}

static void
cf_secret_buffer_init (CfSecretBuffer *secret)
{
  if (cf_secmem_new (&secret->text, CF_SECRET_BYTES_MAX + 1))
    g_error ("no memory for a password");
}

GtkEntryBuffer *
cf_secret_buffer_new (void)
{
  return g_object_new (CF_TYPE_SECRET_BUFFER, NULL);
}
