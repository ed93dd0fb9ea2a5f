/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_talk.c - frames of the conversation channel: the header, the body of OPEN, the lengths of the others. */
#include <string.h>

#include "core/gate_private.h"
#include "tests/fuzz/fuzz.h"

static void
check_open (const uint8_t *data, size_t len)
{
  struct cf_open_body body;
  struct cf_buf out;

  if (cf_open_decode (data, len, &body))
    return;
  FUZZ_CHECK (body.note_len <= CF_NOTE_MAX);
  FUZZ_CHECK (body.purpose == CF_PURPOSE_OPEN || body.purpose == CF_PURPOSE_VERIFY);
  cf_buf_init (&out, len);
  FUZZ_CHECK (!cf_open_encode (&body, &out));
  FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  cf_buf_done (&out);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_talk_frame frame;
  gpg_error_t err;

  if (cf_talk_decode (data, len, &frame))
    return 0;
  FUZZ_CHECK (frame.type == data[0] && !memcmp (frame.id, data + 1, sizeof frame.id));
  FUZZ_CHECK (frame.body_len == len - CF_TALK_HEADER_LEN);
  FUZZ_CHECK (!frame.body_len || frame.body == data + CF_TALK_HEADER_LEN);
  if (frame.type == CF_TALK_OPEN)
    check_open (frame.body, frame.body_len);
  else if (frame.type <= CF_TALK_GATE_LAST) {
    err = cf_gate_check_len (frame.type, frame.body_len);
    FUZZ_CHECK (err || frame.body_len <= CF_GPG_BLOCK_MAX);
    FUZZ_CHECK (err || frame.type == CF_TALK_KEY || frame.body_len <= CF_GPG_SIGNATURE_MAX);
  }
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const size_t lengths[] = { 39, 0, 32, 0, 32, 32, 64, 64, 0, 40, 40, 32, 0 };
  uint8_t frame[CF_TALK_HEADER_LEN + 80] = { 0 };
  char name[] = "frame-a";

  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    frame[0] = (uint8_t) (CF_TALK_OPEN + i);
    frame[CF_TALK_HEADER_LEN] = CF_PURPOSE_OPEN;
    /* OPEN: a note of four bytes. */
    frame[CF_TALK_HEADER_LEN + 34] = i ? 0 : 4;
    name[6] = (char) ('a' + i);
    emit (name, frame, CF_TALK_HEADER_LEN + lengths[i]);
  }
  /* An OPEN that verifies: the conversation before the note. */
  memset (frame + CF_TALK_HEADER_LEN, 0, 80);
  frame[0] = CF_TALK_OPEN;
  frame[CF_TALK_HEADER_LEN] = CF_PURPOSE_VERIFY;
  frame[CF_TALK_HEADER_LEN + 33 + CF_CONVERSATION_ID_LEN + 1] = 3;
  emit ("verify", frame, CF_TALK_HEADER_LEN + 33 + CF_CONVERSATION_ID_LEN + 2 + 3);
  frame[0] = CF_TALK_ENVELOPE;
  emit ("envelope", frame, CF_TALK_HEADER_LEN + 20);
}
