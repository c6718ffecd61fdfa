"""A small Python language host for Pulumi, for machines where the official one cannot be had.

The engine starts it as ``pulumi-language-python`` and asks it to run a program. It does what a program
needs and no more: it runs the program in the project's own interpreter (option ``virtualenv`` of
Pulumi.yaml). It neither installs dependencies nor generates code, and it runs no plugins written for
``runtime: python``; the official host, where it is installed, is always used instead.
"""
