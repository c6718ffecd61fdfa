# METADATA
# scope: package
# title: What is held does not go
# description: >-
#   A hold stops every deletion, expiry and scratch space until somebody lifts it, whatever the clocks say and
#   whether the data could be made again or not.
# custom:
#   id: keeping/hold_beats_deletion
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: false
#   reads:
#     - facts.now
#     - location.dataset
#     - location.starts
#     - location.store
#     - location.system
#     - location.lifecycle
#     - store.kind
#     - dataset.keep
#     - dataset.created
#     - dataset.scratch_days
#     - dataset.hold
#   cure: Keep the bytes in a store without expiry, or let whoever asked for the hold lift it (`hold`).
#   references:
#     - 2 CFR 200.334(a), records are kept until litigation, claims or audit findings are resolved
package slidebox.keeping.hold_beats_deletion

import data.slidebox.lib.ending
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in ending.possible
	dataset := input.datasets[location.dataset]
	dataset.hold != "none"
	some how in ways(location, dataset)
	finding := judge.finding(info, id, sprintf("%s is held (%s) and %s", [location.dataset, dataset.hold, how]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

ways(location, dataset) := ({how | some [_, how] in ending.of(location)} | {"is scratch, for nobody knows how long" |
	dataset.keep == "scratch"
	dataset.scratch_days == "none"
}) | {"nothing says whether it expires there" |
	ending.doubtful(location)
}
