/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loop.h - tests over real sockets: everything waits for an event or a deadline. */
#ifndef CF_TESTS_NET_LOOP_H
#define CF_TESTS_NET_LOOP_H

#include "net/io_event.h"

extern struct cf_env loop_env;
extern struct event_base *loop_base;

void loop_begin (void);
/* Fails if a timer is still armed. */
void loop_end (void);
/* Until CONDITION, ten seconds at most: then it fails. */
void run_until (bool (*condition) (void));
/* For what must *not* happen. */
void run_for (uint64_t ms);

#endif
