"""Conformance histories for any tool that tracks playlist membership, and the tests of this one. See README.md."""
