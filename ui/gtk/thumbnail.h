/* SPDX-License-Identifier: GPL-3.0-or-later */
/* thumbnail.h - small pictures of files that say they are pictures.
 *
 * A file that came in is hostile, and decoders of pictures have many holes: so the program confab-thumbnail decodes, each
 * file in a confined process of its own, and only bytes of pixels come back.  Without that program there are no
 * thumbnails.
 */
#ifndef CF_UI_GTK_THUMBNAIL_H
#define CF_UI_GTK_THUMBNAIL_H

#include <gtk/gtk.h>
#include <stdbool.h>

G_BEGIN_DECLS

#define CF_THUMBNAIL_PX 256 /* at most, across and down */

typedef struct cf_thumbnails CfThumbnails;

CfThumbnails *cf_thumbnails_new (void);
void cf_thumbnails_free (CfThumbnails *thumbnails); /* what is under way is given up; NULL is fine */

/* PICTURE is borrowed. */
typedef void (*cf_thumbnail_fn) (GtkWidget *widget, GdkPixbuf *picture);

/* Is it worth asking for one of a file of this type and size? */
bool cf_thumbnail_may_be (const char *media_type, int64_t size);
/* DONE (WIDGET, picture) comes, at once for one seen lately, unless there is none, or WIDGET has gone by then. */
void cf_thumbnails_get (CfThumbnails *thumbnails, const char *path, GtkWidget *widget, cf_thumbnail_fn done);

/* What the helper wrote, LEN bytes: "CFTH", width and height (2 bytes each, big-endian), RGBA.  NULL: it is not that. */
GdkPixbuf *cf_thumbnail_parse (const uint8_t *data, size_t len);

G_END_DECLS

#endif
