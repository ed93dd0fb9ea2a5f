# SPDX-License-Identifier: GPL-3.0-or-later
"""clipboard.py - what another program has copied, until this one is ended: pictures and files.

    clipboard.py files PATH...   as a file manager does
    clipboard.py picture PNG

Says "ready" once others can paste.
"""
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)
import gi  # noqa: E402

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, Gtk  # noqa: E402


def own_files(paths):
    uris = [pathlib.Path(path).as_uri() for path in paths]
    widget = Gtk.Invisible()
    widget.realize()
    widget.connect("selection-get", lambda _w, data, _info, _time: data.set_uris(uris))
    target = Gdk.Atom.intern("text/uri-list", False)
    Gtk.selection_add_target(widget, Gdk.SELECTION_CLIPBOARD, target, 0)
    if not Gtk.selection_owner_set(widget, Gdk.SELECTION_CLIPBOARD, Gdk.CURRENT_TIME):
        sys.exit("the clipboard is somebody else's")
    return widget


if sys.argv[1] == "files":
    kept = own_files(sys.argv[2:])
else:
    kept = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
    kept.set_image(GdkPixbuf.Pixbuf.new_from_file(sys.argv[2]))
print("ready", flush=True)
Gtk.main()
