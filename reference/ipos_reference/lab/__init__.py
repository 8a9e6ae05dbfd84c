"""The farm of FIG. 2A on one machine: two ISPs, two edge routers, two LANs, three servers with a router each.

`plan` says what there is, `network` makes it of network namespaces, `keeper` is the process that holds all of it,
`laboratory` is how everybody else deals with it, `commands` are `ipos-router lab ...`.
"""
