# METADATA
# scope: package
# title: Metadata persist
# description: >-
#   Without metadata no image says anything. They are never deleted, streamed or put on scratch space, and never
#   expire; a project that has data has metadata.
# custom:
#   id: keeping/metadata_persists
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.system
#     - location.lifecycle
#     - dataset.level
#     - dataset.keep
#     - project.levels
#   cure: >-
#     Keep metadata (`keep: copy`) in a store where nothing expires, and declare those of every project.
#   references:
#     - Playbook, section Metadata, "This metadata must persist through the different data levels"
package slidebox.keeping.metadata_persists

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	input.datasets[location.dataset].level == "metadata"
	some end in ends(location)
	finding := judge.finding(info, id, end)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id, dataset in input.datasets
	dataset.level == "metadata"
	dataset.keep != "copy"
	finding := judge.finding(info, id, sprintf("metadata are kept, and would not be (keep: %s)", [dataset.keep]))
}

declared_findings contains finding if {
	some name, project in input.projects
	not "metadata" in project.levels
	count({level | some level in project.levels} - {"pipelines"}) > 0
	finding := judge.graded(info, "warning", name, "the project has data and no metadata that say what they are")
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

declared_findings contains finding if some finding in judge.unread_of(info, "projects")

ends(location) := {"metadata would be deleted"} if location.system == systems.deletion

ends(location) := {sprintf("metadata would expire after %v days", [days]) |
	days := location.lifecycle.expire_days
	is_number(days)
} if {
	location.system != systems.deletion
}
