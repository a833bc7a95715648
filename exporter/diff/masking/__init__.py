"""Secrets in what people read: found, masked with a keyed hash, and warned of. The store keeps them as they are.

names      which keys and labels say that their value is a secret
literals   where in a text something stands that looks like a secret
masker     a text or value with its secrets replaced
diffs      a whole diff with its secrets replaced
arrivals   warnings: a secret that a diff would bring, job data that it would make visible
"""
