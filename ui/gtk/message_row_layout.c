/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_row_layout.c - where the parts of a message lie.
 *
 * Nested boxes would do, but they ask a text how high it is at its narrowest, several times over, and shaping text is
 * what a row costs: here each text is measured once, at the width that it gets.
 */

#include <config.h>

#include "ui/gtk/message_row_private.h"

#define EDGE_PX 12      /* at both sides */
#define GAP_PX 10
#define TOP_PX 10       /* above the first one of a group */
#define NEXT_PX 1       /* above one that continues it */
#define BOTTOM_PX 3
#define BETWEEN_PX 3
#define QUOTE_PX 5      /* above a quote that nothing else separates from the message before */

struct cursor {
  GtkWidget **parts;
  GtkAllocation *places;
  int x, y, width; /* of the column */
};

static int
height_of (GtkWidget *part, int width)
{
  int height;

  gtk_widget_get_preferred_height_for_width (part, width, NULL, &height);
  return height;
}

static bool
is_there (const struct cursor *c, enum cf_message_part part)
{
  return c->parts[part] && gtk_widget_get_visible (c->parts[part]);
}

/* PART below what is there already, WIDTH wide. */
static void
put (struct cursor *c, enum cf_message_part part, int width)
{
  GtkAllocation *place = &c->places[part];

  if (!is_there (c, part))
    return;
  *place = (GtkAllocation){ c->x, c->y, width, height_of (c->parts[part], width) };
  c->y += place->height + BETWEEN_PX;
}

static int
natural_width (const struct cursor *c, enum cf_message_part part)
{
  int natural;

  gtk_widget_get_preferred_width (c->parts[part], NULL, &natural);
  return MIN (natural, c->width);
}

/* The text, with its state at the end of its last line, or below when it would take too much of the width. */
static void
put_text (struct cursor *c)
{
  int state = is_there (c, CF_PART_STATE) ? natural_width (c, CF_PART_STATE) : 0;
  int least = is_there (c, CF_PART_BODY) ? natural_width (c, CF_PART_BODY) : 0; /* a text's is small */
  bool beside = state && state < c->width * 2 / 5 && least <= c->width - state - GAP_PX;
  GtkAllocation *place = &c->places[CF_PART_STATE];

  put (c, CF_PART_BODY, beside ? c->width - state - GAP_PX : c->width);
  if (!state)
    return;
  place->width = state;
  place->height = height_of (c->parts[CF_PART_STATE], state);
  place->x = c->x + c->width - state;
  if (beside) {
    place->y = c->y - BETWEEN_PX - place->height;
  } else {
    place->y = c->y;
    c->y += place->height + BETWEEN_PX;
  }
}

int
cf_message_row_arrange (GtkWidget *parts[], int width, bool continues, bool rtl, GtkAllocation places[])
{
  struct cursor c = { parts, places, 0, 0, width };
  int top;

  put (&c, CF_PART_DAY, width);
  put (&c, CF_PART_UNREAD, width);
  c.y += continues ? NEXT_PX : TOP_PX;
  c.x = EDGE_PX + CF_MESSAGE_AVATAR_PX + GAP_PX;
  c.width = MAX (width - c.x - EDGE_PX, 1);
  top = c.y;
  places[CF_PART_AVATAR] = (GtkAllocation){ EDGE_PX, top, CF_MESSAGE_AVATAR_PX, CF_MESSAGE_AVATAR_PX };
  put (&c, CF_PART_HEADER, c.width);
  if (is_there (&c, CF_PART_QUOTE) && continues)
    c.y += QUOTE_PX;
  if (is_there (&c, CF_PART_QUOTE))
    put (&c, CF_PART_QUOTE, natural_width (&c, CF_PART_QUOTE));
  put_text (&c);
  if (is_there (&c, CF_PART_REACTIONS))
    put (&c, CF_PART_REACTIONS, natural_width (&c, CF_PART_REACTIONS));
  put (&c, CF_PART_TROUBLE, c.width);
  if (is_there (&c, CF_PART_AVATAR))
    c.y = MAX (c.y, top + CF_MESSAGE_AVATAR_PX);
  for (int i = 0; rtl && i < CF_PARTS; i++)
    places[i].x = width - places[i].x - places[i].width;
  return c.y - BETWEEN_PX + BOTTOM_PX;
}
