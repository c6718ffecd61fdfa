# METADATA
# scope: package
# title: Nothing comes from itself
# description: >-
#   A dataset is not its own ancestor, over any number of steps and projects. Whatever follows from where data come
#   from (how sensitive they are, whether they could be made again) means nothing in a circle.
# custom:
#   id: provenance/no_cycles
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - dataset.parents
#   cure: >-
#     Take the parent away that was not really used; a dataset that is made anew from its own results is another one.
#   references:
#     - Playbook, section Flow, data provenance
#     - W3C PROV-CONSTRAINTS, derivations precede each other in time
package slidebox.provenance.no_cycles

import data.slidebox.lib.judge
import data.slidebox.lib.lineage

info := judge.rule(rego.metadata.chain())

declared_findings contains finding if {
	some id, ancestors in circular
	circle := {other | some other, its in circular; other in ancestors; id in its}
	finding := judge.finding(info, id, sprintf("it comes from itself, by way of %s", [concat(", ", sort(circle))]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

# Datasets that are among their own ancestors, with these.
circular := {id: ancestors |
	some id, parents in lineage.parents
	ancestors := graph.reachable(lineage.parents, parents)
	id in ancestors
}
