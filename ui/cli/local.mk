# ui/cli: what this folder builds and tests.
noinst_LIBRARIES += libcf-cli.a
libcf_cli_a_SOURCES = ui/cli/cli.h ui/cli/words.c ui/cli/table.c ui/cli/columns.c ui/cli/columns.h ui/cli/verb.c \
	ui/cli/help.c ui/cli/call.c ui/cli/output.c ui/cli/row.c ui/cli/show.c ui/cli/password.c ui/cli/send.c \
	ui/cli/init.c ui/cli/console.c ui/cli/console.h ui/cli/chat.c
libcf_cli_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)

bin_PROGRAMS += confab
confab_SOURCES = ui/cli/main.c
confab_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
confab_LDADD = libcf-cli.a $(CLIENT_LIBS)

dist_noinst_SCRIPTS += ui/demo/demo.sh
