"""The control socket: an operator on the same host asks a running router what it holds and counts.

One JSON request a line, one JSON answer a line. `place` says where it is, `answers` what can be asked, `server` is the
router's side, `client` the asker's, `commands` and `exposition` what an operator sees of it.
"""
