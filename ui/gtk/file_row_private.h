/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_row_private.h - shared by the files of the row of a file. */
#ifndef CF_UI_GTK_FILE_ROW_PRIVATE_H
#define CF_UI_GTK_FILE_ROW_PRIVATE_H

#include <stdbool.h>

#include "ui/gtk/file_row.h"

/* What is pressed; more than what the daemon calls deeds, since one may be done in several ways. */
enum cf_file_deed {
  CF_FILE_ACCEPT,
  CF_FILE_ACCEPT_TO, /* a folder that is asked for */
  CF_FILE_REFUSE,
  CF_FILE_PAUSE,
  CF_FILE_RESUME,
  CF_FILE_CANCEL, /* asked about when much is lost by it */
  CF_FILE_OPEN,
  CF_FILE_OPEN_FOLDER,
  CF_FILE_AGAIN, /* go on with what failed; where that cannot be, offer the same file once more */
};
#define CF_FILE_DEEDS 9

/* file_row_deeds.c: which of them TRANSFER allows now: bits 1 << CF_FILE_... */
unsigned cf_file_deeds (const json_t *transfer);
/* Do it to TRANSFER; failures are reported. */
void cf_file_do (GtkWidget *row, CfApp *app, const json_t *transfer, enum cf_file_deed deed);

/* file_space.c: where what comes in goes, as the settings say; caller frees. */
char *cf_file_download_dir (CfApp *app);
typedef void (*cf_file_space_fn) (GtkWidget *widget, int64_t bytes);
/* How much room there is where PATH lies or will lie: DONE (WIDGET, bytes; -1: not known) comes later, unless WIDGET has
   gone by then. */
void cf_file_space (GtkWidget *widget, const char *path, cf_file_space_fn done);

#endif
