# METADATA
# scope: package
# title: A dataset that replaces another says so
# description: >-
#   What a dataset replaces is declared, of the same level and not younger. Where two projects have made the same level
#   from the same parents and neither says that it replaces the other, nobody knows which of the two to use.
# custom:
#   id: provenance/replacement_said
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - dataset.project
#     - dataset.level
#     - dataset.parents
#     - dataset.replaces
#     - dataset.created
#     - dataset.step
#   cure: Name in `replaces` the older dataset of the same level that this one is used instead of.
#   references:
#     - Playbook, section Flow, "Consider each data processing step as a new research project, waiting for improvement"
package slidebox.provenance.replacement_said

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

declared_findings contains finding if {
	some id, dataset in input.datasets
	dataset.replaces != "none"
	some fault in faults(id, dataset)
	finding := judge.finding(info, id, sprintf("it replaces %s, %s", [dataset.replaces, fault]))
}

declared_findings contains finding if {
	some twins in rivals
	ids := {twin.id | some twin in twins}
	some i, twin in twins
	elders := [elder | some elder in array.slice(twins, 0, i); elder.project != twin.project]
	not settled(twin.id, ids)
	finding := judge.graded(info, "warning", twin.id, sprintf(
		"%s was made from the same parents, and neither replaces the other",
		[elders[0].id],
	))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

faults(id, dataset) := {"which is itself"} if {
	dataset.replaces == id
} else := {"which is not declared"} if {
	not input.datasets[dataset.replaces]
} else := {fault | some fault in of_replaced(dataset, input.datasets[dataset.replaces])}

of_replaced(dataset, replaced) := {sprintf("which is of another level, %s", [replaced.level]) |
	replaced.level != dataset.level
} | {sprintf("which is younger: it is of %s", [made(replaced)]) |
	made(replaced) != "none"
	made(replaced) > made(dataset)
}

# Datasets of one level with the same parents in several projects, the oldest first.
rivals := [sort(twins) |
	some found in together
	twins := [twin | some twin in found]
	count({twin.project | some twin in twins}) > 1
]

# One union brings them together; no join is needed.
together := object.union_n([{key: {id: twin}} |
	some id, dataset in input.datasets
	count(dataset.parents) > 0
	key := concat(" ", array.concat([dataset.level], sort(dataset.parents)))
	twin := {"born": made(dataset), "id": id, "project": dataset.project}
])

settled(id, ids) if input.datasets[id].replaces in ids

settled(id, ids) if {
	some other in ids
	input.datasets[other].replaces == id
}

# A day that is not recorded is later than all.
made(dataset) := array.concat(
	[day | some day in [dataset.created, dataset.step.date]; day != "none"],
	["none"],
)[0]
