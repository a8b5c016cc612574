"""Servers of the demonstration sources: real ones, on loopback only. What they serve is made in `infra.demo`."""
