# doc: what this folder builds and tests.
dist_doc_DATA = doc/protocol.md doc/architecture.md
EXTRA_DIST += doc/HACKING.md
dist_man_MANS += doc/man/confab.1 doc/man/confabd.1 doc/man/confab-node.8 doc/man/confab-portmap.8
if HAVE_GTK
dist_man_MANS += doc/man/confab-gtk.1
else
EXTRA_DIST += doc/man/confab-gtk.1
endif
if HAVE_THUMBNAIL
dist_man_MANS += doc/man/confab-thumbnail.1
else
EXTRA_DIST += doc/man/confab-thumbnail.1
endif

# Labels, constants, sections and tests that the specification names are those of the code.
dist_check_SCRIPTS += tests/tools/check-protocol.sh tests/tools/check-refusals.sh tests/tools/check-commands.sh
TESTS += tests/tools/check-protocol.sh tests/tools/check-refusals.sh tests/tools/check-commands.sh
