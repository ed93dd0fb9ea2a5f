# node: a public node that knows no identities.
noinst_LIBRARIES += libcf-node.a
libcf_node_a_SOURCES =
libcf_node_a_SOURCES += node/carrier.c
libcf_node_a_SOURCES += node/circuit.c
libcf_node_a_SOURCES += node/guest.c
libcf_node_a_SOURCES += node/host.c
libcf_node_a_SOURCES += node/mail.c
libcf_node_a_SOURCES += node/mailbox.c node/mailbox.h
libcf_node_a_SOURCES += node/register.c
libcf_node_a_SOURCES += node/server.c node/server.h node/private.h
libcf_node_a_SOURCES += node/verbs.c

bin_PROGRAMS += confab-node
confab_node_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) $(SECCOMP_CFLAGS) -DCF_SYSCONFDIR='"$(sysconfdir)"'
confab_node_SOURCES = node/confine.c node/confine.h
confab_node_SOURCES += node/mail_files.c node/mail_files.h
confab_node_SOURCES += node/main.c
confab_node_SOURCES += node/options.c node/options.h
confab_node_SOURCES += node/status.c node/status.h
confab_node_LDADD = libcf-node.a libcf-net.a $(BASE_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(SECCOMP_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/sim/test_node tests/sim/test_node_mail
TESTS += tests/sim/test_node tests/sim/test_node_mail
tests_sim_test_node_mail_SOURCES = tests/sim/test_node_mail.c tests/sim/node_stage.c tests/sim/node_stage.h
tests_sim_test_node_mail_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_node_mail_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_node_mail_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_sim_test_node_SOURCES = tests/sim/test_node.c tests/sim/node_stage.c tests/sim/node_stage.h
tests_sim_test_node_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_node_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_node_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
endif

# A crowd at a node: figures (tests/bench/node.sh), and the end-to-end story's.
check_PROGRAMS += tests/bench/bench_node
tests_bench_bench_node_SOURCES = tests/bench/bench_node.c tests/sim/hand.c tests/sim/server_story.h
tests_bench_bench_node_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)
tests_bench_bench_node_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=connect
tests_bench_bench_node_LDADD = libcf-net.a $(BASE_LIBS) $(EVENT_LIBS)

dist_check_SCRIPTS += tests/e2e/node.sh
TESTS += tests/e2e/node.sh
tests/e2e/node.log: confab-node tests/bench/bench_node
