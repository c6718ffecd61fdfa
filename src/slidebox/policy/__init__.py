"""Asks the rules: facts go to OPA, a child process of ours, and findings come back.

Whatever is not a complete answer is an error. "No findings" is only ever what the rules said.
"""

from slidebox.policy.catalogue import pack_dir
from slidebox.policy.info import RuleInfo
from slidebox.policy.judge import PolicyJudge
from slidebox.policy.own import own_dir
from slidebox.policy.rules import Rules, Scope, list_rules

__all__ = ["PolicyJudge", "RuleInfo", "Rules", "Scope", "list_rules", "own_dir", "pack_dir"]
