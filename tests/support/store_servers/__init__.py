"""Servers of object stores, each a process of its own on loopback; `make stores` installs them."""
