# METADATA
# scope: package
# title: Only what can be made again is deleted
# description: >-
#   Immediate deletion and scratch space take data of public origin whose source is named, and data whose parents stay
#   or are public and whose step is completely recorded, down to the commit; never the lab's own raw images.
# custom:
#   id: keeping/deletion_only_remakeable
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: false
#   reads:
#     - location.dataset
#     - location.term
#     - location.system
#     - dataset.level
#     - dataset.origin
#     - dataset.keep
#     - dataset.parents
#     - dataset.step
#     - dataset.source
#   cure: >-
#     Keep the bytes, or record how they can be had again (source and `keep: stream`, or parents that stay and a full
#     step).
#   references:
#     - Playbook, "Immediate deletion" and section Flow
package slidebox.keeping.deletion_only_remakeable

import data.slidebox.lib.judge
import data.slidebox.lib.remakeable
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	vanishes(location)
	not remakeable.again(location.dataset)
	finding := judge.finding(info, id, sprintf(
		"%s could not be made again: %s",
		[location.dataset, concat(" and ", sort(remakeable.obstacles(location.dataset)))],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

# What is deleted in one place may have been declared to stay.
together_findings contains finding if {
	some subject, dataset in deleted
	some parent in input.datasets[dataset].parents
	parent in deleted_ids
	not remakeable.public(parent)
	finding := judge.finding(info, subject, sprintf(
		"%s could not be made again: %s is deleted too",
		[dataset, parent],
	))
}

together_findings contains finding if some finding in judge.unread_datasets(info)

vanishes(location) if location.system == systems.deletion

vanishes(location) if input.datasets[location.dataset].keep == "scratch"

deleted := {subject: location.dataset |
	some location in input.locations
	location.system == systems.deletion
	subject := sprintf("%s@%s", [location.dataset, location.term])
}

deleted_ids := {dataset | some dataset in deleted}
