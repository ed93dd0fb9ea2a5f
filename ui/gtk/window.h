/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window.h - the one window: the list at the left, what is chosen in it at the right; one of both when it is narrow. */
#ifndef CF_UI_GTK_WINDOW_H
#define CF_UI_GTK_WINDOW_H

#include <handy.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_WINDOW (cf_window_get_type ())
G_DECLARE_FINAL_TYPE (CfWindow, cf_window, CF, WINDOW, HdyApplicationWindow)

CfWindow *cf_window_new (CfApp *app);
void cf_window_report (CfWindow *window, const struct cf_client_error *error);
/* CONVERSATION may be NULL: nothing is chosen.  MESSAGE may be NULL. */
void cf_window_show_conversation (CfWindow *window, const char *conversation, const char *message);
/* The one that is shown; NULL: none. */
const char *cf_window_conversation (CfWindow *window);
/* The dialog that answers REQUEST, if it still waits. */
void cf_window_answer (CfWindow *window, const char *request);
/* The dialog for a new contact; ADDRESS may be NULL.  It waits until there is an identity that can add one. */
void cf_window_add_contact (CfWindow *window, const char *address);

G_END_DECLS

#endif
