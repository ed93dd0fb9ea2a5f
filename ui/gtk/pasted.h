/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pasted.h - pictures that were pasted, as files that the daemon can read until the other side has them.
 *
 * They lie in a directory of this home's own below the user's cache, readable by nobody else, and go when their transfer
 * has ended, when they are taken out of the composer, or, at the latest, at the next start.
 */
#ifndef CF_UI_GTK_PASTED_H
#define CF_UI_GTK_PASTED_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

typedef struct cf_pasted CfPasted;

/* Listens to the model of APP until it is freed. */
CfPasted *cf_pasted_new (CfApp *app);
void cf_pasted_free (CfPasted *pasted); /* NULL is fine */

/* Write PICTURE as a PNG; its path, which the caller frees.  NULL: it could not be written, ERROR says why. */
char *cf_pasted_save (CfPasted *pasted, GdkPixbuf *picture, GError **error);
/* PATH is not wanted any more; nothing happens when it is none of ours. */
void cf_pasted_drop (CfPasted *pasted, const char *path);

G_END_DECLS

#endif
