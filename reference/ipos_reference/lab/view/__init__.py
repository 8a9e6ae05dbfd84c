"""`ipos-router lab view`: FIG. 2A as it lives, as a page for a browser.

`watching` collects what is seen of a lab, `documents` says it in JSON, `page` and its templates show that, `server`
serves both on loopback. `exchanges` keeps the frames of the last exchanges, `drawing` draws one, `decoding`, with
`headers`, spells out a frame, `counting` counts them.
"""
