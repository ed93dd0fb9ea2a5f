# node: a public node that knows no identities.
noinst_LIBRARIES += libcf-node.a
libcf_node_a_SOURCES =
libcf_node_a_SOURCES += node/circuit.c
libcf_node_a_SOURCES += node/guest.c
libcf_node_a_SOURCES += node/host.c
libcf_node_a_SOURCES += node/register.c
libcf_node_a_SOURCES += node/server.c node/server.h node/private.h
libcf_node_a_SOURCES += node/verbs.c

if HAVE_CMOCKA
check_PROGRAMS += tests/sim/test_node
TESTS += tests/sim/test_node
tests_sim_test_node_SOURCES = tests/sim/test_node.c
tests_sim_test_node_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_node_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_node_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
endif
