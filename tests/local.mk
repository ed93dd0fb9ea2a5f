# The simulator: the real core over doubles of network and OpenPGP.  Its stories are tests/sim/test_*.c.
if HAVE_CMOCKA
check_LIBRARIES += libcf-sim.a
libcf_sim_a_SOURCES = tests/sim/sim.c tests/sim/sim.h tests/sim/sim_net.c tests/sim/gpg_double.c
libcf_sim_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
# Stories see every talk frame that leaves (sim.h, sim->frame).
SIM_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=cf_link_send
SIM_LIBS = libcf-sim.a libcf-core.a libcf-net.a $(BASE_LIBS) $(SQLCIPHER_LIBS) $(JANSSON_LIBS)
endif
