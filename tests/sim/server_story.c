/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server_story.c - public nodes in the simulator. */
#include "tests/sim/server_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/nodes.h"
#include "net/device_key.h"
#include "node/mail_files.h"

void
sim_server_start (struct sim_node *node, const struct cf_server_limits *limits, struct cf_node_name *r_name)
{
  sim_server_offer (node, CF_NODE_RELAY | CF_NODE_LISTING | CF_NODE_MAILBOX, limits, r_name);
}

void
sim_server_offer (struct sim_node *node, uint8_t services, const struct cf_server_limits *limits,
                  struct cf_node_name *r_name)
{
  struct cf_server_config config = { .env = &node->env,
                                     .net = node->net,
                                     .own_secret = node->server_secret,
                                     .own_public = node->server_public,
                                     .services = services };
  struct cf_mail_limits mail;
  struct cf_mail_store store;

  assert_null (node->core);
  assert_null (node->server);
  if (limits)
    config.limits = *limits;
  else
    cf_server_limits_init (&config.limits);
  if (services & CF_NODE_MAILBOX) {
    cf_mail_limits_init (&mail);
    assert_int_equal (cf_mail_files_new (&node->env, node->home, &node->mail_files), 0);
    store = cf_mail_files_store (node->mail_files);
    assert_int_equal (cf_mailbox_new (&node->env, &mail, &store, &node->mailbox), 0);
    assert_int_equal (cf_mail_files_load (node->mail_files, node->mailbox), 0);
    config.mailbox = node->mailbox;
  }
  if (!node->keeps_key)
    cf_device_key_new (&node->env, node->server_secret, node->server_public);
  assert_int_equal (cf_server_new (&config, &node->server), 0);
  if (!r_name)
    return;
  memcpy (r_name->device_key, node->server_public, sizeof node->server_public);
  sim_net_addr (node, &r_name->addr);
}

void
sim_server_stop (struct sim_node *node)
{
  sim_net_reset (node->net, false);
  cf_server_free (node->server);
  cf_mailbox_free (node->mailbox);
  cf_mail_files_free (node->mail_files);
  node->server = NULL;
  node->mailbox = NULL;
  node->mail_files = NULL;
  sim_net_reset (node->net, true);
}

bool
at_its_nodes (void *arg)
{
  struct sim_node *n = arg;
  size_t connected, count = cf_nodes_count (n->core, &connected);

  return count && connected == count;
}

struct hand_wait {
  struct hand *hand;
  enum cf_node_kind kind;
  struct hand_got *got;
};

static bool
has_come (void *arg)
{
  struct hand_wait *wait = arg;

  wait->got = hand_take (wait->hand, wait->kind);
  return wait->got;
}

struct hand_got *
hand_wait (struct sim *sim, struct hand *hand, enum cf_node_kind kind)
{
  struct hand_wait wait = { hand, kind, NULL };

  assert_true (sim_run_until (sim, 10000, has_come, &wait));
  return wait.got;
}
