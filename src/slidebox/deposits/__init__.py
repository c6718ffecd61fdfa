"""Deposits: what a public repository of data is asked for and answers, and how a dataset fits into it."""
