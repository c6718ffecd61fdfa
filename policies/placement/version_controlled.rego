# METADATA
# scope: package
# title: Pipelines and metadata are under version control while they change
# description: >-
#   People write pipelines and metadata, and change them. While they are active they lie in a system with version
#   control, or in a bucket that keeps earlier versions.
# custom:
#   id: placement/version_controlled
#   severity: warning
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.store
#     - location.system
#     - location.has
#     - dataset.level
#     - system.versioned
#   cure: Put them into a repository, or into a bucket with versioning.
#   references:
#     - Playbook, Table 1, column "Version control"
#     - Playbook, Figure 1, pipelines and metadata are on GitHub
package slidebox.placement.version_controlled

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	location.term == "short"
	location.system != systems.deletion
	level := input.datasets[location.dataset].level
	level in {"metadata", "pipelines"}
	input.systems[location.system].versioned == false
	location.has.versioning != true
	finding := judge.finding(info, id, sprintf(
		"%s change while they are worked on, and %s keeps no history of them",
		[level, location.store],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)
