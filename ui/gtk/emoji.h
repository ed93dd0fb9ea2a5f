/* SPDX-License-Identifier: GPL-3.0-or-later */
/* emoji.h - choosing an emoji: those that people mostly use, and all others behind a button. */
#ifndef CF_UI_GTK_EMOJI_H
#define CF_UI_GTK_EMOJI_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CF_TYPE_EMOJI_POPOVER (cf_emoji_popover_get_type ())
G_DECLARE_FINAL_TYPE (CfEmojiPopover, cf_emoji_popover, CF, EMOJI_POPOVER, GtkPopover)

/* Signal "chosen" (string). */
GtkWidget *cf_emoji_popover_new (GtkWidget *relative_to);

G_END_DECLS

#endif
