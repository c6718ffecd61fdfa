# METADATA
# scope: package
# title: What each dataset comes from
# description: >-
#   Over any number of steps and across projects, whether it was de-identified on the way or not: for what travels
#   with data because it was agreed to. What can be recognised has ways of its own (`slidebox.lib.sensitivity`).
package slidebox.lib.lineage

# METADATA
# title: A dataset and everything it comes from, by dataset
of := {id: origins |
	some id, _ in input.datasets
	origins := graph.reachable(parents, {id})
}

# What is not declared is no node of this graph, and not reached; that it is missing is said by
# sharing/derived_as_sensitive_as_parents.
parents := {id: found |
	some id, dataset in input.datasets
	found := {parent | some parent in dataset.parents}
}
