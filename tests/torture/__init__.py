"""The product under fire: crashes, bad bytes, foreign files, many users, hostile names.

A module ``test_x`` runs in `make test`. Where the attack can be scaled, it is a function of a module of its
own, which ``python -m tests.torture`` runs for longer and whose figures it prints.
"""
