# METADATA
# scope: package
# title: Scratch space empties itself
# description: >-
#   Data that are declared as scratch say for how long, and where a bucket has a lifecycle it lets them expire no later
#   than that. What nobody clears stays for ever and is paid for.
# custom:
#   id: cost/scratch_expires
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.store
#     - location.system
#     - location.lifecycle
#     - store.kind
#     - dataset.keep
#     - dataset.scratch_days
#   cure: >-
#     Say `expire_after` of the dataset, and give its bucket a lifecycle rule that lets objects expire after no more
#     days than that.
#   references:
#     - Playbook, section Flow, unnecessary storage bloat
package slidebox.cost.scratch_expires

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	dataset := input.datasets[location.dataset]
	dataset.keep == "scratch"
	is_number(dataset.scratch_days)
	location.lifecycle.offered != false
	systems.bucket(location)
	message := late(location.lifecycle.expire_days, dataset.scratch_days)
	finding := judge.graded(info, severity(location.lifecycle), id, message)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id, dataset in input.datasets
	dataset.keep == "scratch"
	dataset.scratch_days == "none"
	finding := judge.finding(info, id, "it is scratch, and nothing says for how long")
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

late("none", most) := sprintf("nothing lets scratch data expire there, and they are for %v days", [most])

late("unknown", most) := sprintf("nothing says whether scratch data expire there after %v days", [most])

late(days, most) := sprintf("scratch data expire after %v days there, and are for %v", [days, most]) if {
	is_number(days)
	days > most
}

severity(lifecycle) := "warning" if {
	lifecycle.expire_days == "unknown"
} else := info.severity
