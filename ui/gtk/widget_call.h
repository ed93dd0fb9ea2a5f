/* SPDX-License-Identifier: GPL-3.0-or-later */
/* widget_call.h - a call of the daemon made by a widget: it ends with the widget. */
#ifndef CF_UI_GTK_WIDGET_CALL_H
#define CF_UI_GTK_WIDGET_CALL_H

#include <jansson.h>

#include "ui/client/session.h"
#include "ui/gtk/app.h"

G_BEGIN_DECLS

struct cf_widget_call;

/* It is over: ROW is the last row that came, NULL when there was none.  ERROR and ROW are borrowed. */
typedef void (*cf_widget_call_fn) (GtkWidget *widget, const struct cf_client_error *error, const json_t *row);

/* Call VERB with WORDS and ANSWERS (as cf_session_call) for WIDGET, which is not kept alive: when it is destroyed the
   call is cancelled and DONE does not come.  DONE NULL: an error is reported in the window, and that is all.
   The result is valid until DONE, for cf_widget_call_cancel; NULL: it could not be made, DONE has been called. */
struct cf_widget_call *cf_widget_call (GtkWidget *widget, CfApp *app, const char *verb, const char *const *words,
                                       const struct cf_answer *answers, cf_widget_call_fn done);
/* DONE does not come.  NULL is fine. */
void cf_widget_call_cancel (struct cf_widget_call *call);

G_END_DECLS

#endif
