/* SPDX-License-Identifier: GPL-3.0-or-later */
/* secret_buffer.h - what is typed into a GtkEntry, in memory that is locked, and wiped when it goes.
 *
 * GTK's own buffer wipes nothing.  (What the entry draws, and what the input
 * method holds for a moment, is out of reach; the entry hides the text.)
 */
#ifndef CF_UI_GTK_SECRET_BUFFER_H
#define CF_UI_GTK_SECRET_BUFFER_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CF_TYPE_SECRET_BUFFER (cf_secret_buffer_get_type ())
G_DECLARE_FINAL_TYPE (CfSecretBuffer, cf_secret_buffer, CF, SECRET_BUFFER, GtkEntryBuffer)

/* Give it to gtk_entry_set_buffer; at most CF_SECRET_BYTES_MAX bytes, what goes beyond is not taken. */
#define CF_SECRET_BYTES_MAX 1024
GtkEntryBuffer *cf_secret_buffer_new (void);

G_END_DECLS

#endif
