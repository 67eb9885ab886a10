# The demonstration; included by the root Makefile.
