/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_hello.c - KEY?, KEY, HELLO: decode and encode are inverses; device statements and their times. */
#include <string.h>

#include "base/text.h"
#include "net/hello.h"
#include "tests/fuzz/fuzz.h"

#define HELLO_MAX (CF_MESSAGE_CONTROL_MAX)

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_hello hello;
  enum cf_control kind;
  struct cf_buf out;
  int64_t now = 1800000000000;

  if (cf_hello_decode (data, len, &kind, &hello))
    return 0;
  cf_buf_init (&out, len);
  if (kind == CF_CONTROL_KEY_ASK)
    FUZZ_CHECK (!cf_key_ask_encode (hello.token, &out));
  else {
    FUZZ_CHECK (hello.block_len <= CF_BLOCK_MAX && hello.device.signature_len <= CF_SIGNATURE_MAX);
    FUZZ_CHECK (hello.revocation.signature_len <= CF_SIGNATURE_MAX && hello.revocation.before_utc_ms >= 0);
    FUZZ_CHECK (cf_text_is_utf8 (hello.name, strlen (hello.name)));
    FUZZ_CHECK (!cf_hello_encode (kind, &hello, &out));
  }
  FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  cf_buf_done (&out);
  if (kind == CF_CONTROL_KEY_ASK)
    return 0;
  cf_buf_init (&out, 256);
  FUZZ_CHECK (!cf_device_bytes (&hello.device, &out));
  FUZZ_CHECK (cf_buf_data (&out)[0] == 0); /* no text that a person signs begins so */
  cf_buf_done (&out);
  if (!cf_device_check_times (&hello.device, now))
    FUZZ_CHECK (hello.device.not_before_utc_ms <= now + CF_STATEMENT_EARLY_MS && hello.device.not_after_utc_ms > now);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const names[] = { "key-4", "hello-4", "key-5", "hello-5", "key-revoked", "hello-revoked" };
  uint8_t ask[1 + CF_ADDRESS_TOKEN_LEN] = { CF_CONTROL_KEY_ASK };

  emit ("key-ask", ask, sizeof ask);
  memset (ask + 1, 0x77, CF_ADDRESS_TOKEN_LEN);
  emit ("key-ask-token", ask, sizeof ask);
  for (int i = 0; i < 6; i++) {
    struct cf_hello hello = { .versions = 2, .suites = 3, .name = "Zo\xc3\xab" };
    struct cf_device_statement *d = &hello.device;
    enum cf_control kind = i & 1 ? CF_CONTROL_HELLO : CF_CONTROL_KEY;
    struct cf_buf out;

    d->identity.version = i & 2 ? 5 : 4;
    d->identity.len = i & 2 ? 32 : 20;
    memset (d->identity.bytes, 9, d->identity.len);
    if (kind == CF_CONTROL_HELLO)
      hello.expected = d->identity;
    if (i == 3)
      memset (hello.token, 0x77, sizeof hello.token);
    d->not_before_utc_ms = 1799999000000;
    d->not_after_utc_ms = d->not_before_utc_ms + CF_DEVICE_RENEW_MS;
    d->signature = (const uint8_t *) "signature";
    d->signature_len = 9;
    hello.block = (const uint8_t *) "block";
    hello.block_len = 5;
    if (i >= 4)
      hello.revocation = (struct cf_revocation) { d->not_before_utc_ms, (const uint8_t *) "revoke", 6 };
    cf_buf_init (&out, HELLO_MAX);
    FUZZ_CHECK (!cf_hello_encode (kind, &hello, &out));
    emit (names[i], cf_buf_data (&out), cf_buf_len (&out));
    cf_buf_done (&out);
  }
}
