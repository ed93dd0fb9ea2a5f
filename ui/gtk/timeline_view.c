/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timeline_view.c - the column of rows.
 *
 *     item 0       lower     ____________  heights above and below what is shown are guesses until
 *     ...                   |            |   a row has been near; who looks does not see them
 *     anchor       value  > |=page=======|
 *     ...                   |            |
 *     item n - 1   upper    |____________|
 *
 * The coordinates are the adjustment's.  find_places measures outwards from the anchor, a row that is visible (the last one,
 * when the reader is at the end), whose place does not change; so all corrections go to the bounds.
 */

#include <config.h>

#include <math.h>

#include "ui/gtk/timeline_view_private.h"

#define GUESS_PX 48    /* a row's height, before one was measured */
#define LAYOUTS_MAX 4  /* what is measured may show that more must be */
#define SPARE_PX 65536 /* between the origin of bin_window and the first row, so that it seldom changes */
#define DROPS_MAX 8    /* widgets of removed rows that are destroyed at once */

struct item {
  GtkWidget *widget; /* NULL: not made yet */
  int top, height;
  bool measured; /* for the width of now */
};

/* Where to scroll to: row AT at ALIGN, as cf_timeline_view_reveal says. */
struct target {
  guint at;
  double align;
};

struct _CfTimelineView {
  GtkContainer parent;
  cf_timeline_maker maker;
  gpointer arg;
  GArray *items; /* struct item */
  GQueue gone;   /* widgets of rows that were removed: a page of them at once would cost a frame */
  guint sweep;   /* the source that destroys them */
  GtkAdjustment *hadjustment, *vadjustment;
  GdkWindow *bin_window;
  int origin;          /* no row lies above */
  int width;           /* that rows were measured for */
  int guess;           /* the height of a row not measured */
  bool follow;         /* the end is worth following */
  bool at_end;         /* the reader is at the end, and stays there */
  bool busy;           /* we move the adjustment ourselves */
  struct target later; /* reveal, asked for before there was a page; at: G_MAXUINT for none */
  int hover;
  guint first, last; /* visible; first > last: none */
};

enum { PROP_HADJUSTMENT = 1, PROP_VADJUSTMENT, PROP_HSCROLL_POLICY, PROP_VSCROLL_POLICY };
enum { NEAR_START, NEAR_END, SHOWN, HOVER, LAST_SIGNAL };
static guint signals[LAST_SIGNAL];

G_DEFINE_TYPE_WITH_CODE (CfTimelineView, cf_timeline_view, GTK_TYPE_CONTAINER,
                         G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL))

static struct item *
item_at (CfTimelineView *self, guint at)
{
  return &g_array_index (self->items, struct item, at);
}

/* ---- layout ---- */

static int
page_of (CfTimelineView *self)
{
  return gtk_widget_get_allocated_height (GTK_WIDGET (self));
}

/* Rows as far as this above and below the page are made before they can be seen. */
static int
margin_of (CfTimelineView *self)
{
  return page_of (self) / 2;
}

static int
value_of (CfTimelineView *self)
{
  return (int) floor (gtk_adjustment_get_value (self->vadjustment));
}

/* The end of all rows, by their places so far. */
static int
end_of (CfTimelineView *self)
{
  const struct item *last = item_at (self, self->items->len - 1);

  return last->top + last->height;
}

static void
make (CfTimelineView *self, guint at)
{
  struct item *item = item_at (self, at);

  item->widget = self->maker (self->arg, at);
  if (self->bin_window)
    gtk_widget_set_parent_window (item->widget, self->bin_window);
  gtk_widget_set_child_visible (item->widget, FALSE);
  gtk_widget_set_parent (item->widget, GTK_WIDGET (self));
}

static void
measure (CfTimelineView *self, guint at)
{
  struct item *item = item_at (self, at);
  int height;

  if (!item->widget)
    make (self, at);
  /* GTK remembers what it has measured: this costs little where nothing has changed. */
  gtk_widget_get_preferred_height_for_width (item->widget, self->width, NULL, &height);
  item->height = height;
  item->measured = true;
}

/* The first row that ends below VALUE; the last one if none does. */
static guint
row_at (CfTimelineView *self, int value)
{
  guint low = 0, high = self->items->len - 1;

  while (low < high) {
    guint middle = (low + high) / 2;
    const struct item *item = item_at (self, middle);

    if (item->top + item->height > value)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* The row that stays where it is: one that can be seen already, so that it moves exactly as far as one scrolls. */
static guint
anchor_at (CfTimelineView *self, int value)
{
  guint first = row_at (self, value);

  for (guint i = first; i < self->items->len && item_at (self, i)->top < value + page_of (self); i++)
    if (item_at (self, i)->measured)
      return i;
  return first;
}

/* Rows that have never been measured take the mean height of those that have. */
static void
guess_heights (CfTimelineView *self)
{
  long sum = 0, n = 0;

  for (guint i = 0; i < self->items->len; i++)
    if (item_at (self, i)->measured) {
      sum += item_at (self, i)->height;
      n++;
    }
  if (n)
    self->guess = (int) (sum / n);
  for (guint i = 0; i < self->items->len; i++)
    if (!item_at (self, i)->measured)
      item_at (self, i)->height = self->guess;
}

/* Measure what lies on the page from VALUE on, and what is there already of what lies near it, going outwards from the
   row ANCHOR, whose place does not change. */
static void
measure_around (CfTimelineView *self, guint anchor, int value)
{
  int page = page_of (self), y = item_at (self, anchor)->top;

  for (guint i = anchor; i < self->items->len && y < value + page + margin_of (self); i++) {
    if (y < value + page || item_at (self, i)->widget)
      measure (self, i);
    y += item_at (self, i)->height;
  }
  y = item_at (self, anchor)->top;
  for (guint i = anchor; i-- > 0 && y > value - margin_of (self);) {
    if (y > value || item_at (self, i)->widget)
      measure (self, i);
    y -= item_at (self, i)->height;
  }
}

/* Make the rows near the page from VALUE on.  False: all are there, and measured. */
static bool
make_around (CfTimelineView *self, int value)
{
  int to = value + page_of (self) + margin_of (self);
  bool some = false;

  for (guint i = row_at (self, value - margin_of (self)); i < self->items->len && item_at (self, i)->top < to; i++) {
    if (!item_at (self, i)->widget)
      make (self, i);
    some = some || !item_at (self, i)->measured;
  }
  return some;
}

/* Give each row its place above or below the row ANCHOR. */
static void
stack (CfTimelineView *self, guint anchor)
{
  int y;

  if (!self->items->len) /* a conversation in which nothing was said */
    return;
  y = item_at (self, anchor)->top;
  for (guint i = anchor; i < self->items->len; i++) {
    item_at (self, i)->top = y;
    y += item_at (self, i)->height;
  }
  y = item_at (self, anchor)->top;
  for (guint i = anchor; i-- > 0;) {
    y -= item_at (self, i)->height;
    item_at (self, i)->top = y;
  }
}

/* Where the page must begin for TARGET, by the places so far. */
static int
aligned (CfTimelineView *self, const struct target *target)
{
  const struct item *item = item_at (self, target->at);
  int page = page_of (self), value = value_of (self);

  if (target->align >= 0)
    return item->height >= page ? item->top : item->top - (int) (target->align * (page - item->height));
  if (item->top < value || item->height >= page)
    return item->top;
  return MAX (value, item->top + item->height - page);
}

static int
wanted_value (CfTimelineView *self, const struct target *target, int value)
{
  if (target)
    return aligned (self, target);
  return self->at_end ? end_of (self) - page_of (self) : value;
}

/* Find all places, and where the page begins: at TARGET, or NULL: at the end, or where it is. */
static int
find_places (CfTimelineView *self, const struct target *target, int *r_lower, int *r_upper)
{
  int page = page_of (self), value = value_of (self);
  guint anchor;

  for (int pass = 0; pass < LAYOUTS_MAX; pass++) {
    int wanted;

    anchor = target ? target->at : self->at_end ? self->items->len - 1 : anchor_at (self, value);
    measure (self, anchor);
    value = wanted_value (self, target, value);
    measure_around (self, anchor, value);
    stack (self, anchor);
    wanted = wanted_value (self, target, value);
    value = CLAMP (wanted, MIN (item_at (self, 0)->top, end_of (self) - page), end_of (self) - page);
    if (value == wanted && !target)
      break;
    target = NULL; /* found, or too near to an end for its place */
  }
  anchor = self->at_end ? self->items->len - 1 : anchor_at (self, value);
  guess_heights (self);
  stack (self, anchor);
  *r_upper = end_of (self);
  *r_lower = MIN (item_at (self, 0)->top, *r_upper - page);
  return CLAMP (value, *r_lower, *r_upper - page);
}

/* ---- showing it ---- */

/* Give the rows near the page their place in bin_window, and hide the others. */
static void
place_rows (CfTimelineView *self, int value)
{
  int page = page_of (self), margin = margin_of (self);

  for (guint i = 0; i < self->items->len; i++) {
    struct item *item = item_at (self, i);
    bool near = item->measured && item->top + item->height > value - margin && item->top < value + page + margin;
    GtkAllocation place = { 0, item->top - self->origin, self->width, item->height };

    if (!item->widget)
      continue;
    if (near)
      gtk_widget_size_allocate (item->widget, &place);
    gtk_widget_set_child_visible (item->widget, near);
  }
}

static void
tell_shown (CfTimelineView *self, int value)
{
  int page = page_of (self);
  guint first = 1, last = 0;

  if (self->items->len) {
    first = row_at (self, value);
    last = row_at (self, value + page - 1);
  }
  if (first != self->first || last != self->last) {
    self->first = first;
    self->last = last;
    g_signal_emit (self, signals[SHOWN], 0);
  }
  if (gtk_adjustment_get_lower (self->vadjustment) > value - 2 * page)
    g_signal_emit (self, signals[NEAR_START], 0);
  if (gtk_adjustment_get_upper (self->vadjustment) < value + 3 * page)
    g_signal_emit (self, signals[NEAR_END], 0);
}

/* Rows lie in a window that reaches from far above the first one to the end, so that only it moves when one scrolls. */
static void
move_bin (CfTimelineView *self, int value, int lower, int upper)
{
  if (lower < self->origin)
    self->origin = lower - SPARE_PX;
  gdk_window_move_resize (self->bin_window, 0, self->origin - value, self->width, MAX (upper - self->origin, 1));
}

static void
layout (CfTimelineView *self, const struct target *target)
{
  int page = page_of (self), value = 0, lower = 0, upper = page;

  if (self->busy || self->width <= 1 || !gtk_widget_get_realized (GTK_WIDGET (self)))
    return;
  self->busy = true;
  if (self->items->len)
    value = find_places (self, target, &lower, &upper);
  gtk_adjustment_configure (self->vadjustment, value, lower, upper, page * 0.1, page * 0.9, page);
  move_bin (self, value, lower, upper);
  place_rows (self, value);
  self->at_end = self->follow && value >= upper - page;
  self->busy = false;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  tell_shown (self, value);
}

/* Somebody scrolls.  New rows are measured by the layout of this frame, when GTK has found their style: measured now,
   each would be shaped twice. */
static void
on_value (CfTimelineView *self)
{
  if (self->busy)
    return;
  self->at_end = self->follow && value_of (self) >= (int) gtk_adjustment_get_upper (self->vadjustment) - page_of (self);
  if (self->items->len && gtk_widget_get_realized (GTK_WIDGET (self)) && make_around (self, value_of (self)))
    gtk_widget_queue_resize (GTK_WIDGET (self));
  else
    layout (self, NULL);
}

/* ---- rows come and go ---- */

/* The row that must not move: as long as there are rows, the first that is visible. */
static guint
steady_row (CfTimelineView *self)
{
  return self->items->len ? anchor_at (self, value_of (self)) : 0;
}

void
cf_timeline_view_insert (CfTimelineView *self, guint at, guint count)
{
  guint steady = steady_row (self), before = self->items->len;
  struct item none = { .height = self->guess };

  g_return_if_fail (at <= self->items->len);
  for (guint i = 0; i < count; i++)
    g_array_insert_val (self->items, at, none);
  if (before)
    stack (self, at <= steady ? steady + count : steady);
  else
    stack (self, 0);
  layout (self, NULL);
}

static void
drop_widget (struct item *item)
{
  GtkWidget *widget = item->widget;

  item->widget = NULL;
  item->measured = false;
  if (widget)
    gtk_widget_unparent (widget);
}

static gboolean
sweep (gpointer data)
{
  CfTimelineView *self = data;

  for (int i = 0; i < DROPS_MAX && !g_queue_is_empty (&self->gone); i++)
    gtk_widget_unparent (g_queue_pop_head (&self->gone));
  if (!g_queue_is_empty (&self->gone))
    return G_SOURCE_CONTINUE;
  self->sweep = 0;
  return G_SOURCE_REMOVE;
}

/* Its row is no more: it is not shown, and destroyed when there is time. */
static void
leave_widget (CfTimelineView *self, struct item *item)
{
  if (!item->widget)
    return;
  gtk_widget_set_child_visible (item->widget, FALSE);
  g_queue_push_tail (&self->gone, item->widget);
  item->widget = NULL;
  if (!self->sweep) /* as often as frames are drawn, also when there is never any time */
    self->sweep = g_idle_add_full (GDK_PRIORITY_REDRAW, sweep, self, NULL);
}

void
cf_timeline_view_remove (CfTimelineView *self, guint at, guint count)
{
  guint steady = steady_row (self), end = at + count;

  g_return_if_fail (end <= self->items->len);
  if (steady >= at && steady < end) /* it goes itself: what stands behind it, else before */
    steady = end < self->items->len ? end : MAX (at, 1) - 1;
  for (guint i = at; i < end; i++)
    leave_widget (self, item_at (self, i));
  g_array_remove_range (self->items, at, count);
  if (self->items->len)
    stack (self, steady >= end ? steady - count : steady);
  layout (self, NULL);
}

void
cf_timeline_view_change (CfTimelineView *self, guint at)
{
  g_return_if_fail (at < self->items->len);
  drop_widget (item_at (self, at));
  layout (self, NULL);
}

void
cf_timeline_view_clear (CfTimelineView *self)
{
  self->later.at = G_MAXUINT;
  if (self->items->len)
    cf_timeline_view_remove (self, 0, self->items->len);
}

guint
cf_timeline_view_count (CfTimelineView *self)
{
  return self->items->len;
}

GtkWidget *
cf_timeline_view_widget (CfTimelineView *self, guint at)
{
  return at < self->items->len ? item_at (self, at)->widget : NULL;
}

int
cf_timeline_view_index (CfTimelineView *self, GtkWidget *widget)
{
  for (guint i = 0; i < self->items->len; i++)
    if (item_at (self, i)->widget == widget)
      return widget ? (int) i : -1;
  return -1;
}

bool
cf_timeline_view_visible (CfTimelineView *self, guint *r_first, guint *r_last)
{
  if (self->first > self->last || self->last >= self->items->len)
    return false;
  *r_first = self->first;
  *r_last = self->last;
  return true;
}

void
cf_timeline_view_place (CfTimelineView *self, guint at, GdkRectangle *r_place)
{
  const struct item *item = item_at (self, at);

  *r_place = (GdkRectangle){ 0, item->top - value_of (self), self->width, item->height };
}

void
cf_timeline_view_reveal (CfTimelineView *self, guint at, double align)
{
  struct target target = { at, align };

  g_return_if_fail (at < self->items->len);
  self->at_end = false;
  if (self->width > 1 && gtk_widget_get_realized (GTK_WIDGET (self)))
    layout (self, &target);
  else
    self->later = target;
}

void
cf_timeline_view_to_end (CfTimelineView *self)
{
  self->later.at = G_MAXUINT;
  self->at_end = true;
  layout (self, NULL);
}

bool
cf_timeline_view_at_end (CfTimelineView *self)
{
  return self->at_end;
}

void
cf_timeline_view_set_follow (CfTimelineView *self, bool follow)
{
  self->follow = follow;
  self->at_end = follow && (self->at_end || !self->items->len);
  if (follow && !self->at_end)
    on_value (self); /* the reader may be at what has become the end */
}

/* ---- for the keyboard and the pointer ---- */

int
cf_timeline_view_row_at (CfTimelineView *self, int y)
{
  int value = value_of (self) + y;

  return self->items->len && value >= item_at (self, 0)->top ? (int) row_at (self, value) : -1;
}

bool
cf_timeline_view_follows (CfTimelineView *self)
{
  return self->follow;
}

void
cf_timeline_view_set_hover (CfTimelineView *self, int at)
{
  if (at == self->hover)
    return;
  self->hover = at;
  g_signal_emit (self, signals[HOVER], 0, at);
}

/* ---- a widget ---- */

/* Lay out, at the row that was to be revealed when that could not be done yet. */
static void
layout_first (CfTimelineView *self)
{
  struct target later = self->later;

  self->later.at = G_MAXUINT;
  layout (self, later.at < self->items->len ? &later : NULL);
}

static void
cf_timeline_view_realize (GtkWidget *widget)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (widget);
  GtkAllocation place;
  GdkWindowAttr attributes = { .window_type = GDK_WINDOW_CHILD, .wclass = GDK_INPUT_OUTPUT };
  GdkWindow *window;

  gtk_widget_set_realized (widget, TRUE);
  gtk_widget_get_allocation (widget, &place);
  attributes.x = place.x;
  attributes.y = place.y;
  attributes.width = place.width;
  attributes.height = place.height;
  attributes.visual = gtk_widget_get_visual (widget);
  attributes.event_mask = gtk_widget_get_events (widget) | GDK_SCROLL_MASK | GDK_SMOOTH_SCROLL_MASK | GDK_TOUCH_MASK |
                          GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK | GDK_POINTER_MOTION_MASK |
                          GDK_LEAVE_NOTIFY_MASK;
  window = gdk_window_new (gtk_widget_get_parent_window (widget), &attributes,
                           GDK_WA_X | GDK_WA_Y | GDK_WA_VISUAL);
  gtk_widget_set_window (widget, window);
  gtk_widget_register_window (widget, window);
  attributes.x = attributes.y = 0;
  self->bin_window = gdk_window_new (window, &attributes, GDK_WA_X | GDK_WA_Y | GDK_WA_VISUAL);
  gtk_widget_register_window (widget, self->bin_window);
  gdk_window_show (self->bin_window);
  for (guint i = 0; i < self->items->len; i++)
    if (item_at (self, i)->widget)
      gtk_widget_set_parent_window (item_at (self, i)->widget, self->bin_window);
  layout_first (self); /* GTK gives a place before it realizes */
}

static void
cf_timeline_view_unrealize (GtkWidget *widget)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (widget);

  gtk_widget_unregister_window (widget, self->bin_window);
  gdk_window_destroy (self->bin_window);
  self->bin_window = NULL;
  GTK_WIDGET_CLASS (cf_timeline_view_parent_class)->unrealize (widget);
}

static void
cf_timeline_view_size_allocate (GtkWidget *widget, GtkAllocation *place)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (widget);

  gtk_widget_set_allocation (widget, place);
  if (place->width != self->width)
    for (guint i = 0; i < self->items->len; i++)
      item_at (self, i)->measured = false;
  self->width = place->width;
  if (!gtk_widget_get_realized (widget))
    return;
  gdk_window_move_resize (gtk_widget_get_window (widget), place->x, place->y, place->width, place->height);
  layout_first (self);
}

static gboolean
cf_timeline_view_draw (GtkWidget *widget, cairo_t *cr)
{
  if (gtk_cairo_should_draw_window (cr, gtk_widget_get_window (widget)))
    gtk_render_background (gtk_widget_get_style_context (widget), cr, 0, 0, gtk_widget_get_allocated_width (widget),
                           gtk_widget_get_allocated_height (widget));
  return GTK_WIDGET_CLASS (cf_timeline_view_parent_class)->draw (widget, cr);
}

static void
cf_timeline_view_preferred (GtkWidget *widget, gint *minimum, gint *natural)
{
  (void) widget;
  *minimum = *natural = 1; /* what holds it says how large it is */
}

static GtkSizeRequestMode
cf_timeline_view_request_mode (GtkWidget *widget)
{
  (void) widget;
  return GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

static void
cf_timeline_view_forall (GtkContainer *container, gboolean internals, GtkCallback callback, gpointer data)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (container);

  (void) internals;
  for (guint i = 0; i < self->items->len; i++)
    if (item_at (self, i)->widget)
      callback (item_at (self, i)->widget, data);
  g_queue_foreach (&self->gone, (GFunc) callback, data);
}

static void
cf_timeline_view_container_remove (GtkContainer *container, GtkWidget *child)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (container);
  int at = cf_timeline_view_index (self, child);

  if (at >= 0)
    drop_widget (item_at (self, (guint) at));
  else if (g_queue_remove (&self->gone, child))
    gtk_widget_unparent (child);
}

static void
set_adjustment (GtkAdjustment **slot, GtkAdjustment *adjustment)
{
  if (!adjustment)
    adjustment = gtk_adjustment_new (0, 0, 0, 0, 0, 0);
  g_object_ref_sink (adjustment);
  g_clear_object (slot);
  *slot = adjustment;
}

static void
cf_timeline_view_set_property (GObject *object, guint property, const GValue *value, GParamSpec *spec)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (object);

  switch (property) {
  case PROP_HADJUSTMENT: set_adjustment (&self->hadjustment, g_value_get_object (value)); break;
  case PROP_VADJUSTMENT:
    if (self->vadjustment)
      g_signal_handlers_disconnect_by_data (self->vadjustment, self);
    set_adjustment (&self->vadjustment, g_value_get_object (value));
    g_signal_connect_object (self->vadjustment, "value-changed", G_CALLBACK (on_value), self, G_CONNECT_SWAPPED);
    break;
  case PROP_HSCROLL_POLICY:
  case PROP_VSCROLL_POLICY: break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, spec);
  }
}

static void
cf_timeline_view_get_property (GObject *object, guint property, GValue *value, GParamSpec *spec)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (object);

  switch (property) {
  case PROP_HADJUSTMENT: g_value_set_object (value, self->hadjustment); break;
  case PROP_VADJUSTMENT: g_value_set_object (value, self->vadjustment); break;
  case PROP_HSCROLL_POLICY:
  case PROP_VSCROLL_POLICY: g_value_set_enum (value, GTK_SCROLL_MINIMUM); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, spec);
  }
}

static void
cf_timeline_view_finalize (GObject *object)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (object);

  if (self->sweep)
    g_source_remove (self->sweep);
  g_array_unref (self->items);
  g_clear_object (&self->hadjustment);
  g_clear_object (&self->vadjustment);
  G_OBJECT_CLASS (cf_timeline_view_parent_class)->finalize (object);
}

static void
cf_timeline_view_class_init (CfTimelineViewClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  GtkContainerClass *container = GTK_CONTAINER_CLASS (class);

  object->set_property = cf_timeline_view_set_property;
  object->get_property = cf_timeline_view_get_property;
  object->finalize = cf_timeline_view_finalize;
  widget->realize = cf_timeline_view_realize;
  widget->unrealize = cf_timeline_view_unrealize;
  widget->size_allocate = cf_timeline_view_size_allocate;
  widget->draw = cf_timeline_view_draw;
  widget->get_preferred_width = cf_timeline_view_preferred;
  widget->get_preferred_height = cf_timeline_view_preferred;
  widget->get_request_mode = cf_timeline_view_request_mode;
  cf_timeline_view_take_input (widget);
  container->forall = cf_timeline_view_forall;
  container->remove = cf_timeline_view_container_remove;
  g_object_class_override_property (object, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object, PROP_VSCROLL_POLICY, "vscroll-policy");
  signals[NEAR_START] = g_signal_new ("near-start", CF_TYPE_TIMELINE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 0);
  signals[NEAR_END] = g_signal_new ("near-end", CF_TYPE_TIMELINE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 0);
  signals[SHOWN] = g_signal_new ("shown", CF_TYPE_TIMELINE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[HOVER] = g_signal_new ("hover", CF_TYPE_TIMELINE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                 G_TYPE_INT);
  gtk_widget_class_set_accessible_role (widget, ATK_ROLE_LIST);
  gtk_widget_class_set_css_name (widget, "timeline");
}

static void
cf_timeline_view_init (CfTimelineView *self)
{
  self->items = g_array_new (FALSE, TRUE, sizeof (struct item));
  self->guess = GUESS_PX;
  self->at_end = self->follow = true;
  self->hover = -1;
  self->later.at = G_MAXUINT;
  self->first = 1;
  gtk_widget_set_has_window (GTK_WIDGET (self), TRUE);
  set_adjustment (&self->hadjustment, NULL);
  set_adjustment (&self->vadjustment, NULL);
}

GtkWidget *
cf_timeline_view_new (cf_timeline_maker maker, gpointer arg)
{
  CfTimelineView *self = g_object_new (CF_TYPE_TIMELINE_VIEW, NULL);

  self->maker = maker;
  self->arg = arg;
  return GTK_WIDGET (self);
}
