/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attach_strip.h - files that are to be sent, in a strip above the composer: each can be taken out again.
 *
 * It sends nothing, and hides itself when it is empty.  Signal "changed": something was put in or taken out.
 */
#ifndef CF_UI_GTK_ATTACH_STRIP_H
#define CF_UI_GTK_ATTACH_STRIP_H

#include <stdbool.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_ATTACH_STRIP (cf_attach_strip_get_type ())
G_DECLARE_FINAL_TYPE (CfAttachStrip, cf_attach_strip, CF, ATTACH_STRIP, GtkBox)

#define CF_ATTACH_MAX 50 /* as many as may be offered at once, with room for those that are under way */

GtkWidget *cf_attach_strip_new (CfApp *app);
/* PATH, absolute: a file or a directory; twice is once.  What cannot be sent is reported instead. */
void cf_attach_strip_add (CfAttachStrip *strip, const char *path);
/* What the clipboard holds, if that is files or a picture; else DONE (STRIP) is called, for who pastes words. */
void cf_attach_strip_paste (CfAttachStrip *strip, GtkClipboard *clipboard, void (*words) (gpointer arg), gpointer arg);
/* Files of a list of URIs (NULL-ended).  False, and nothing is done: there is no file of this machine among them; they are
   links, to be written. */
bool cf_attach_strip_add_uris (CfAttachStrip *strip, char **uris);

guint cf_attach_strip_count (CfAttachStrip *strip);
/* The paths, in order; the strip is empty afterwards.  g_strfreev. */
char **cf_attach_strip_take (CfAttachStrip *strip);

G_END_DECLS

#endif
