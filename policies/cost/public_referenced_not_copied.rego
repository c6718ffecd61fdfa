# METADATA
# scope: package
# title: Public data are referenced, not copied
# description: >-
#   What is public elsewhere is safe there and free. Once nobody works on it, the lab keeps the accession or address
#   and no copy. Metadata and pipelines are small and stay.
# custom:
#   id: cost/public_referenced_not_copied
#   severity: warning
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.store
#     - location.system
#     - dataset.level
#     - dataset.origin
#     - dataset.activity
#     - dataset.keep
#   cure: >-
#     Name the `source` and say `keep: stream`, or keep the copy while somebody works on it (`activity: active`).
#   references:
#     - Playbook, section Origin, data already in the public domain
#     - Playbook, "Immediate deletion"
package slidebox.cost.public_referenced_not_copied

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	location.term in {"mid", "long"}
	location.system != systems.deletion
	dataset := input.datasets[location.dataset]
	dataset.origin == "public"
	dataset.keep == "copy"
	dataset.activity != "active"
	not dataset.level in {"metadata", "pipelines"}
	finding := judge.finding(info, id, sprintf(
		"%s is public elsewhere, nobody works on it, and %s keeps a copy",
		[location.dataset, location.store],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)
