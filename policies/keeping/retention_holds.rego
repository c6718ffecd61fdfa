# METADATA
# scope: package
# title: Nothing goes before its time
# description: >-
#   No deletion, expiry or scratch space takes a dataset before the longest clock that applies has run out: its own,
#   its agreement's, three years after its award, six years for documentation about patients, and the lab's. What is
#   streamed or scratch and can be made again may go before the clocks of the lab and the award; what itself, its
#   agreement or the law asks to keep may not.
# custom:
#   id: keeping/retention_holds
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - facts.now
#     - facts.gate
#     - location.dataset
#     - location.starts
#     - location.store
#     - location.system
#     - location.lifecycle
#     - store.kind
#     - dataset.project
#     - dataset.level
#     - dataset.origin
#     - dataset.sensitivity
#     - dataset.keep
#     - dataset.source
#     - dataset.parents
#     - dataset.step
#     - dataset.deidentification
#     - dataset.agreement
#     - dataset.created
#     - dataset.scratch_days
#     - dataset.retention_days
#     - dataset.hold
#     - project.grant
#     - project.grant_ends
#     - agreement.retention_days
#     - lab.retention_days
#   cure: Keep the bytes until that day, in another store if need be, or let them expire later.
#   references:
#     - 2 CFR 200.334, record retention
#     - 45 CFR 164.316(b)(2)(i) and 164.530(j), six years for documentation
package slidebox.keeping.retention_holds

import data.slidebox.lib.ending
import data.slidebox.lib.judge
import data.slidebox.lib.remakeable
import data.slidebox.lib.retention

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in ending.possible
	until := kept_until(location.dataset)
	[day, how] := min(ending.of(location))
	day < until
	finding := judge.finding(info, id, sprintf(
		"%s %s on %s and has to be kept until %s: %s",
		[location.dataset, how, day, until, concat(", ", reasons(location.dataset, until))],
	))
}

location_findings contains finding if {
	some id, location in ending.possible
	ending.doubtful(location)
	until := kept_until(location.dataset)
	until > input.now
	finding := judge.graded(info, severity, id, sprintf(
		"nothing says whether %s expires there, and it has to be kept until %s",
		[location.dataset, until],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

# Held data have no last day: keeping/hold_beats_deletion is about them.
kept_until(id) := day if {
	day := retention.until[id]
	not day in {"none", "held"}
	not may_go(id)
}

may_go(id) if {
	input.datasets[id].keep in {"stream", "scratch"}
	remakeable.again(id)
	every clock in retention.clocks[id] { clock.clock in {"funder", "institution"} }
}

reasons(id, until) := sort({clock.why | some clock in retention.clocks[id]; clock.until == until})

# Nothing can be read of a place that is not there yet.
severity := "warning" if {
	input.gate in {"plan", "preview"}
} else := info.severity
