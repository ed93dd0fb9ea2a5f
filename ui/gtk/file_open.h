/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_open.h - showing files that came in with the desktop's own programs, and never running one.
 *
 * Launching goes through GIO, which asks a portal where the client is confined.
 */
#ifndef CF_UI_GTK_FILE_OPEN_H
#define CF_UI_GTK_FILE_OPEN_H

#include <stdbool.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

/* Might the desktop run, install or interpret a file of this NAME (without a path) and content type (may be NULL) when
   it is opened?  By its type or by how its name ends, whatever the other says. */
bool cf_file_runs (const char *name, const char *content_type);

/* Open the file or directory PATH with the program that the user has chosen for its sort.  What might run, and what is
   no file any more, is not opened: the reader is told, and may look at its folder.  Failures are reported. */
void cf_file_open (CfApp *app, GtkWindow *parent, const char *path);
/* Show PATH in its folder, by the file manager if it can point at it. */
void cf_file_open_folder (CfApp *app, const char *path);

G_END_DECLS

#endif
