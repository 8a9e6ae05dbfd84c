"""Conformance suite for ipOS routers: judges any router from outside, over its two LANs."""
