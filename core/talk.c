/* SPDX-License-Identifier: GPL-3.0-or-later */
/* talk.c - the frames of the conversation channel, and who gets them.
 *
 * What a frame means is gate.c's and message.c's; here is only its header.
 * Spec: doc/protocol.md, "Frames".
 */
#include "core/talk.h"

#include <string.h>

#include "core/conversation.h"
#include "core/event.h"
#include "core/gate.h"
#include "core/message.h"
#include "core/transfer.h"

static bool
type_known (uint8_t type)
{
  return (type >= CF_TALK_OPEN && type <= CF_TALK_GATE_LAST)
         || (type >= CF_TALK_ENVELOPE && type <= CF_TALK_LAST);
}

gpg_error_t
cf_talk_decode (const void *data, size_t len, struct cf_talk_frame *r_frame)
{
  struct cf_talk_frame frame;
  struct cf_rd rd;
  uint8_t type;
  gpg_error_t err;

  cf_rd_init (&rd, data, len);
  type = cf_rd_u8 (&rd);
  cf_rd_bytes (&rd, frame.id, sizeof frame.id);
  cf_rd_rest (&rd, &frame.body, &frame.body_len);
  err = cf_rd_finish (&rd);
  if (err)
    return err;
  if (!type_known (type))
    return cf_err (GPG_ERR_INV_VALUE);
  frame.type = (enum cf_talk) type;
  *r_frame = frame;
  return 0;
}

gpg_error_t
cf_talk_send (struct cf_core *core, const struct cf_fpr *peer, enum cf_talk type,
              const uint8_t id[CF_CONVERSATION_ID_LEN], const void *body, size_t body_len)
{
  struct cf_buf buf;
  struct cf_wr wr;
  gpg_error_t err;

  cf_buf_init (&buf, CF_MESSAGE_TALK_MAX);
  cf_wr_init (&wr, &buf);
  cf_wr_u8 (&wr, (uint8_t) type);
  cf_wr_bytes (&wr, id, CF_CONVERSATION_ID_LEN);
  cf_wr_bytes (&wr, body, body_len);
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_link_send (core, peer, cf_buf_data (&buf), cf_buf_len (&buf));
  cf_buf_done (&buf);
  return err;
}

/* Who shows that PEER is there shows it now.  Of strangers with whom there is nothing, nobody needs to hear. */
static void
tell_link (struct cf_core *core, const struct cf_peer *peer)
{
  const struct cf_conversation *conv = core->conversations->first;
  char fpr[CF_FPR_HEX_SIZE];
  gpg_error_t err;

  while (conv && !cf_fpr_equal (&conv->peer, &peer->fpr))
    conv = conv->next;
  if (!conv && !peer->contact)
    return;
  err = cf_event_emit (core, "link", false,
                       json_pack ("{s:s, s:s?, s:s?, s:b, s:s?}", "fingerprint", cf_fpr_hex (&peer->fpr, fpr), "user_id",
                                  peer->user_id, "name", peer->name, "online", cf_link_is_up (core, &peer->fpr), "route",
                                  cf_link_route (core, &peer->fpr)));
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "talk: an event was not told: %s", gpg_strerror (err));
}

static void
talk_up (void *arg, struct cf_peer *peer)
{
  struct cf_core *core = arg;

  tell_link (core, peer);
  /* The gate first: a conversation that its last frames open can carry messages at once. */
  cf_gate_up (core, peer);
  cf_message_up (core, peer);
  cf_transfer_up (core, peer);
}

static void
talk_down (void *arg, struct cf_peer *peer, gpg_error_t err)
{
  struct cf_core *core = arg;

  (void) err;
  tell_link (core, peer);
  cf_gate_down (core, peer);
  cf_message_down (core, peer);
  cf_transfer_down (core, peer);
}

static void
talk_bulk (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  cf_transfer_bulk (arg, peer, data, len);
}

static void
talk_room (void *arg, struct cf_peer *peer)
{
  cf_transfer_room (arg, peer);
}

static void
talk_message (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  struct cf_core *core = arg;
  struct cf_talk_frame frame;
  gpg_error_t err;

  err = cf_talk_decode (data, len, &frame);
  if (err) {
    cf_refused (core->env, CF_REFUSED_FRAME_MALFORMED);
    cf_log (core->env, CF_LOG_INFO, "talk: a frame of %zu bytes was dropped: %s", len, gpg_strerror (err));
  } else if (frame.type <= CF_TALK_GATE_LAST)
    cf_gate_frame (core, peer, &frame);
  else
    cf_message_frame (core, peer, &frame);
}

void
cf_talk_start (struct cf_core *core)
{
  static const struct cf_link_handler handler
      = { .up = talk_up, .down = talk_down, .message = talk_message, .bulk = talk_bulk, .room = talk_room };

  cf_links_set_handler (core->links, &handler, core);
}
