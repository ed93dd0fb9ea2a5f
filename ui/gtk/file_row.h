/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_row.h - a file on its way, or one that has arrived: what it is, how it stands, and what can be done with it.
 *
 *     (o)  holiday.zip                      ||  X
 *          3.2 of 10 MB · 12 MB/s · 5 s left
 *
 * It shows a row of TRANSFERS or the attachment of a message (ui/client/transfers.h) and calls the daemon itself.
 * In a timeline, and in the list of what is under way.
 */
#ifndef CF_UI_GTK_FILE_ROW_H
#define CF_UI_GTK_FILE_ROW_H

#include <jansson.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_FILE_ROW (cf_file_row_get_type ())
G_DECLARE_FINAL_TYPE (CfFileRow, cf_file_row, CF, FILE_ROW, GtkBox)

/* TRANSFER: referenced.  SENDER: the name of who offers it, shown above; NULL: it is plain from where the row stands. */
GtkWidget *cf_file_row_new (CfApp *app, const json_t *transfer, const char *sender);
/* The same transfer, further on; the focus stays where it is, if that is still of use. */
void cf_file_row_set (CfFileRow *row, const json_t *transfer);
/* The id of what it shows; valid until it is set anew. */
const char *cf_file_row_transfer (CfFileRow *row);

G_END_DECLS

#endif
